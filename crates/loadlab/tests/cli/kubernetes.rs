//! The manifests for Kubernetes are what their schemas say, and start commands that there are.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::program::loadlab;
use crate::python::python;

const VALIDATOR: &str = "kubernetes-validate==1.37.0";

/// Prints what is wrong, then the arguments of each container as a line of JSON. The resources of
/// operators have no schema there; that there is the one we know is checked.
const SCRIPT: &str = r#"
import json, sys, yaml, kubernetes_validate
for file in sys.argv[1:]:
    for one in yaml.safe_load_all(open(file)):
        kind = one["apiVersion"] + " " + one["kind"]
        if kind in ("kustomize.config.k8s.io/v1beta1 Kustomization", "postgresql.cnpg.io/v1 Cluster"):
            print(kind, file=sys.stderr)
            continue
        kubernetes_validate.validate(one, "1.31", strict=True)
        if one["kind"] == "Deployment":
            for container in one["spec"]["template"]["spec"]["containers"]:
                assert container["readinessProbe"] and container["livenessProbe"]
                print(json.dumps(container["args"]))
"#;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes")
}

#[test]
fn the_manifests_are_valid_and_start_commands_that_there_are() {
    let Some(python) = python(VALIDATOR) else {
        eprintln!("SKIPPED: {VALIDATOR} is not there and cannot be installed");
        return;
    };
    let files = fs::read_dir(folder()).unwrap();
    let files = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .args(files)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("Kustomization") && said.contains("Cluster"),
        "{said}"
    );
    let started = String::from_utf8(output.stdout).unwrap();
    assert_eq!(started.lines().count(), 6);
    for line in started.lines() {
        let arguments: Vec<String> = serde_json::from_str(line).unwrap();
        let help = loadlab(&arguments).arg("--help").output().unwrap();
        assert!(help.status.success(), "{line}");
        let help = String::from_utf8(help.stdout).unwrap();
        for flag in arguments.iter().filter(|word| word.starts_with('-')) {
            assert!(help.contains(flag.as_str()), "{flag} in {line}");
        }
    }
}

#[test]
fn kustomize_puts_every_manifest_together() {
    let built = Command::new("kubectl")
        .arg("kustomize")
        .arg(folder())
        .output();
    let Ok(built) = built else {
        eprintln!("SKIPPED: kubectl is not there");
        return;
    };
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    assert!(built.status.success(), "{said}");
    let all = String::from_utf8(built.stdout).unwrap();
    for file in fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let listed = fs::read_to_string(folder().join("kustomization.yaml")).unwrap();
        assert!(
            ["README.md", "kustomization.yaml"].contains(&name.as_str()) || listed.contains(&name),
            "{name} is not part of it"
        );
    }
    assert_eq!(all.matches("kind: Deployment").count(), 6);
    assert!(all.contains("image: loadlab:latest"));
}
