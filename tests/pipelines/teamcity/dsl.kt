// The words of TeamCity's Kotlin DSL that docs/pipelines/teamcity.md uses, with their types; TeamCity's own library is in
// no public repository. Each step with a script is printed in one line: build configuration, name, script, parameters.
package jetbrains.buildServer.configs.kotlin

import jetbrains.buildServer.configs.kotlin.buildSteps.ScriptBuildStep

var version = ""

object DslContext {
    val settingsRoot = VcsRoot()
}

class VcsRoot

class Project {
    private val parameters = ParametrizedWithType()
    private val configurations = mutableListOf<BuildType>()

    fun params(init: ParametrizedWithType.() -> Unit) = parameters.init()
    fun buildType(configuration: BuildType) {
        configurations += configuration
    }

    fun print() = configurations.forEach { configuration ->
        val all = parameters.values + configuration.parameters.values
        configuration.scripts.forEach { step ->
            val assignments = all.map { (name, value) -> "$name=$value" }
            println((listOf(configuration.name, step.name, step.scriptContent) + assignments).joinToString("\t"))
        }
    }
}

fun project(init: Project.() -> Unit) = Project().apply(init)

class ParametrizedWithType {
    val values = mutableMapOf<String, String>()

    fun param(name: String, value: String) = values.set(name, value)
    fun password(name: String, value: String) = values.set(name, value)
}

open class BuildType(init: BuildType.() -> Unit) {
    val parameters = ParametrizedWithType()
    val scripts = mutableListOf<ScriptBuildStep>()
    var name = ""
    var artifactRules = ""

    init {
        init()
    }

    fun params(init: ParametrizedWithType.() -> Unit) = parameters.init()
    fun vcs(init: VcsSettings.() -> Unit) = VcsSettings().init()
    fun features(init: BuildFeatures.() -> Unit) = BuildFeatures().init()
    fun steps(init: BuildSteps.() -> Unit) = BuildSteps(scripts).init()
    fun dependencies(init: Dependencies.() -> Unit) = Dependencies().init()
}

class VcsSettings {
    var branchFilter = ""

    fun root(root: VcsRoot) = Unit
}

class BuildFeatures

class BuildSteps(val scripts: MutableList<ScriptBuildStep>)

class Dependencies {
    fun snapshot(on: BuildType, init: SnapshotDependency.() -> Unit) = SnapshotDependency().init()
    fun dependency(on: BuildType, init: Dependency.() -> Unit) = Dependency().init()
}

class SnapshotDependency

class ArtifactDependency {
    var artifactRules = ""
}

class Dependency {
    fun snapshot(init: SnapshotDependency.() -> Unit) = SnapshotDependency().init()
    fun artifacts(init: ArtifactDependency.() -> Unit) = ArtifactDependency().init()
}
