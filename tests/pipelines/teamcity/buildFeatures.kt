package jetbrains.buildServer.configs.kotlin.buildFeatures

import jetbrains.buildServer.configs.kotlin.BuildFeatures

class DockerRegistryConnections {
    var loginToRegistry: On? = null

    fun on(init: On.() -> Unit) = On().apply(init)

    class On {
        var dockerRegistryId = ""
    }
}

fun BuildFeatures.dockerRegistryConnections(init: DockerRegistryConnections.() -> Unit) = DockerRegistryConnections().init()
