// Runs a Jenkinsfile with steps that do nothing but tell what they were given, and prints that as JSON. A word that is
// none of these fails, and so does what is no Groovy.
import groovy.json.JsonOutput

class Pipeline {
    final List steps = []
    final Map environment = [:]
    Map secrets = [:]
    final String none = 'none'

    void inside(Closure part, Object words = this) {
        part.delegate = words
        part.resolveStrategy = Closure.DELEGATE_FIRST
        part()
    }

    // the sections of a declarative pipeline
    void environment(Closure part) { inside(part, environment) }
    void stages(Closure part) { inside(part) }
    void stage(String name, Closure part) { inside(part) }
    void steps(Closure part) { inside(part) }
    void agent(String kind) {}
    void agent(Closure part) { inside(part) }
    void label(String name) {}
    void when(Closure part) { inside(part) }
    void buildingTag() {}
    void options(Closure part) { inside(part) }
    void timeout(Map limit) {}

    // the steps
    void sh(Map step) {
        steps << [label: step.label, script: step.script, environment: environment, secrets: secrets]
    }
    void stash(Map files) {}
    void unstash(String name) {}
    void withCredentials(List bindings, Closure part) {
        secrets = bindings.collectEntries { it }
        inside(part)
        secrets = [:]
    }
    Map string(Map binding) { [(binding.variable): binding.credentialsId] }
    Map usernamePassword(Map binding) {
        [(binding.usernameVariable): binding.credentialsId, (binding.passwordVariable): binding.credentialsId]
    }
}

def pipeline = new Pipeline()
def words = new Binding(pipeline: { Closure part -> pipeline.inside(part) })
new GroovyShell(words).evaluate(new File(args[0]))
println JsonOutput.toJson(pipeline.steps)
