package jetbrains.buildServer.configs.kotlin.buildSteps

import jetbrains.buildServer.configs.kotlin.BuildSteps

class ScriptBuildStep {
    var name = ""
    var scriptContent = ""
}

fun BuildSteps.script(init: ScriptBuildStep.() -> Unit) {
    scripts += ScriptBuildStep().apply(init)
}
