//! Where a pipeline runs: a workspace, a home, a registry that wants a password with an image in it, an emulator, and in
//! the path one cosign and the built tool.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::docker;
use crate::left_out::is_left_out;
use crate::step::{Step, System, Way};
use crate::support::artifacts;
use crate::support::emulator::Emulator;
use crate::support::images::Pusher;
use crate::support::programs::{plain, succeeded};
use crate::support::tools::{Registry, tool};
use crate::surroundings::{KEY, Surroundings};

const USER: &str = "somebody";
const PASSWORD: &str = "pa:ss word";
/// The password as htpasswd keeps it: bcrypt, which is all that the registry reads.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuDvFYunEEkRAUw6hKd4mLN/wdxTQz.ki";

pub(crate) struct Workplace {
    pub(crate) emulator: Emulator,
    pub(crate) surroundings: Surroundings,
    folder: tempfile::TempDir,
    _registry: Registry,
}

impl Workplace {
    /// One with this cosign in the path, `cosign-2` or `cosign-3`.
    pub(crate) fn with(cosign: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (emulator, registry) = (Emulator::start(), registry_with_password(folder.path()));
        emulator.tell("PUT", "workflow", json!({ "stageMilliseconds": 0 }));
        let surroundings = Surroundings {
            repository: format!("{}/acme/app", registry.address),
            registry: registry.address.clone(),
            digest: String::new(),
            organization: emulator.organization.clone(),
            // Submitter of two signing policies, and of nothing else
            token: emulator.token_some.clone(),
            registry_user: USER.to_owned(),
            registry_password: PASSWORD.to_owned(),
        };
        let mut workplace = Self { emulator, surroundings, folder, _registry: registry };
        workplace.furnish(cosign);
        workplace.push_image();
        workplace
    }

    /// Runs the steps of a pipeline; each must succeed, and print no secret.
    pub(crate) fn run(&self, system: System, way: Way) {
        let steps = system.steps(way, &self.surroundings);
        if !steps.iter().any(|step| step.name == "Log in to the registry") {
            self.log_in();
        }
        for step in steps.iter().filter(|step| !is_left_out(step)) {
            let output = self.run_step(system, step);
            self.expect_success(step, &output);
            if step.name == "Tell the digest" {
                self.expect_digest_told(system, &output);
            }
        }
    }

    /// Fails unless a cosign accepts the image as signed.
    pub(crate) fn cosign_accepts(&self, options: &[&str]) {
        self.log_in();
        let mut cosign = self.plain("cosign");
        cosign.args(["verify", "--insecure-ignore-tlog=true", "--key"]).arg(artifacts::public_key(KEY));
        succeeded(cosign.args(options).arg(self.surroundings.image()));
    }

    /// Runs a session at a shell, which must succeed; what it printed. More images are there, by variables.
    pub(crate) fn session(&self, script: &str) -> String {
        self.log_in();
        symlink(artifacts::emulator(), self.path("bin/signpath-emulator")).unwrap();
        std::fs::write(self.workspace().join("program.tar.gz"), "a program").unwrap();
        let mut shell = self.plain("bash");
        shell.args(["-ec", script]).env("SIGNPATH_LOG_FILE_DIRECTORY", self.path("log"));
        shell.env("COSIGN_PKCS11_MODULE_PATH", artifacts::module()).env("IMAGE", self.surroundings.image());
        for (variable, name) in [("OTHER_IMAGE", "acme/other"), ("IMAGE_TO_APPROVE", "acme/to-approve")] {
            shell.env(variable, self.pushed(name));
        }
        String::from_utf8(succeeded(&mut shell)).unwrap()
    }

    fn run_step(&self, system: System, step: &Step) -> Output {
        let script = self.path("script");
        std::fs::write(&script, step.script()).unwrap();
        let [program, options @ ..] = system.shell() else { panic!("no shell") };
        let mut shell = self.plain(program);
        shell.args(options).arg(script).envs(system.own_variables().iter().copied()).envs(&step.variables);
        shell.env("SIGNPATH_API_URL", self.emulator.api());
        shell.env("SIGNPATH_LOG_FILE_DIRECTORY", self.path("log"));
        if system == System::Docker {
            self.without_docker(&mut shell, step);
        }
        shell.output().unwrap()
    }

    /// What the stand-in for Docker wants to know of this machine.
    fn without_docker(&self, shell: &mut Command, step: &Step) {
        let link = self.path("bin/docker");
        if !link.exists() {
            symlink(artifacts::package().join(docker::STAND_IN), link).unwrap();
        }
        shell.env_remove("SIGNPATH_API_URL").env_remove("SIGNPATH_LOG_FILE_DIRECTORY");
        shell.env("STAND_IN_API_URL", self.emulator.api()).env("STAND_IN_LOG", self.path("log"));
        assert!(step.script().contains("docker run"), "{step:?}");
    }

    fn expect_success(&self, step: &Step, output: &Output) {
        let [text, errors] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        assert!(output.status.success(), "{step:?}: {}\n{text}\n{errors}", output.status);
        for secret in [&self.surroundings.token, &self.surroundings.registry_password] {
            assert!(
                !text.contains(secret) && !errors.contains(secret),
                "{step:?} prints a secret: {text}{errors}"
            );
        }
    }

    /// What the next job is told must be what was pushed.
    fn expect_digest_told(&self, system: System, output: &Output) {
        let told = match system {
            System::GitLabCi => std::fs::read(self.workspace().join("image.env")).unwrap(),
            System::AzurePipelines => output.stdout.clone(),
            _ => std::fs::read(self.workspace().join("image.txt")).unwrap(),
        };
        let (image, digest) = (self.surroundings.image(), &self.surroundings.digest);
        let expected = match system {
            System::GitLabCi => format!("IMAGE={image}\n"),
            System::AzurePipelines => {
                format!("##vso[task.setvariable variable=digest;isOutput=true]{digest}\n")
            }
            _ => format!("{image}\n"),
        };
        assert_eq!(String::from_utf8(told).unwrap(), expected, "{system:?}");
    }

    // ---- What is there -----------------------------------------------------------------------------------------------

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// A program in the workspace, with nothing else in its environment but a home and a path.
    fn plain(&self, program: &str) -> Command {
        let mut command = plain(program, &self.workspace());
        command.env("HOME", self.path("home"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        command
    }

    fn furnish(&self, cosign: &str) {
        for folder in ["bin", "home/.docker", "log", "pushing", "workspace/ci"] {
            std::fs::create_dir_all(self.path(folder)).unwrap();
        }
        symlink(tool(cosign), self.path("bin/cosign")).unwrap();
        symlink(artifacts::tool(), self.path("bin/signpath-tool")).unwrap();
        std::fs::copy(artifacts::public_key(KEY), self.workspace().join("ci/cosign.pub")).unwrap();
    }

    /// Pushes an image, and leaves behind what buildx tells of it.
    fn push_image(&mut self) {
        let image = self.pushed("acme/app");
        let digest = image.split_once('@').unwrap().1.to_owned();
        let other = format!("sha256:{}", "1".repeat(64));
        let metadata = json!({
            "buildx.build.ref": "default/default/a1b2c3",
            "containerimage.config.digest": other,
            "containerimage.descriptor": { "digest": digest, "size": 1609 },
            "containerimage.digest": digest,
            "image.name": format!("{}:v1.0", self.surroundings.repository),
        });
        let text = serde_json::to_string_pretty(&metadata).unwrap();
        std::fs::write(self.workspace().join("metadata.json"), text).unwrap();
        self.surroundings.digest = digest;
    }

    fn pushed(&self, name: &str) -> String {
        let folder = self.path("pushing");
        std::fs::write(folder.join("config.json"), self.docker_configuration()).unwrap();
        let variables = [("DOCKER_CONFIG", folder.to_str().unwrap().to_owned())];
        Pusher { folder: &folder, registry: &self.surroundings.registry, variables: &variables }
            .push_image(name)
    }

    /// What a login leaves behind.
    fn log_in(&self) {
        std::fs::write(self.path("home/.docker/config.json"), self.docker_configuration()).unwrap();
    }

    fn docker_configuration(&self) -> String {
        let auth = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
        json!({ "auths": { &self.surroundings.registry: { "auth": auth } } }).to_string()
    }
}

fn registry_with_password(folder: &Path) -> Registry {
    let file = folder.join("htpasswd");
    std::fs::write(&file, format!("{USER}:{HASH}\n")).unwrap();
    Registry::with_variables(&[
        ("REGISTRY_AUTH", "htpasswd".to_owned()),
        ("REGISTRY_AUTH_HTPASSWD_REALM", "here".to_owned()),
        ("REGISTRY_AUTH_HTPASSWD_PATH", file.to_str().unwrap().to_owned()),
    ])
}
