//! What the tests of the program have in common: built modules, directives, a way to run it.
#![forbid(unsafe_code)]
#![allow(dead_code, reason = "not every test needs all of it")]

pub mod server;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The modules folder: the one that `LMMS_MODULES` names, else built on first use.
pub static MODULES: LazyLock<PathBuf> = LazyLock::new(|| {
    if let Some(folder) = std::env::var_os("LMMS_MODULES") {
        return folder.into();
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = xtask::Workspace::find(Some(here)).expect("this crate is in a workspace");
    let options = xtask::BuildOptions {
        quiet: true,
        ..Default::default()
    };
    match xtask::build_modules(&workspace, &options) {
        Ok(report) => report.folder,
        Err(error) => panic!("the modules can't be built: {error}"),
    }
});

/// The program with a home of its own.
pub struct Program {
    pub folder: TempDir,
    arguments: Vec<String>,
    token: Option<String>,
}

/// How a run of the program ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// With a virtual home that nobody else uses.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let database = folder.path().join("home.db").to_string_lossy().into_owned();
        Self {
            folder,
            arguments: vec!["--database".into(), database],
            token: None,
        }
    }

    /// With a Home Assistant server.
    pub fn with_server(url: &str, token: Option<&str>) -> Self {
        Self {
            arguments: vec!["--home".into(), url.into()],
            token: token.map(str::to_owned),
            ..Self::new()
        }
    }

    /// Without any option: for commands that bring their own home.
    pub fn plain() -> Self {
        Self {
            arguments: Vec::new(),
            ..Self::new()
        }
    }

    /// Runs it with `arguments`, and `input` on its standard input.
    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Run {
        self.run_with(&MODULES, arguments, input)
    }

    /// Runs it with another modules folder.
    pub fn run_with(&self, modules: &Path, arguments: &[&str], input: &[u8]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smart-home"));
        command
            .args(&self.arguments)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LMMS_MODULES", modules)
            .env_remove("HOME_ASSISTANT_TOKEN")
            .env_remove("LMMS_DEMO_STARTED")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(token) = &self.token {
            command.env("HOME_ASSISTANT_TOKEN", token);
        }
        let mut child = command.spawn().expect("the program can be started");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // A program that needs no input may have ended already.
        let _ = stdin.write_all(input);
        drop(stdin);
        Run::of(child.wait_with_output().expect("the program ends"))
    }

    /// The response to an event.
    pub fn invoke(&self, event: &Value) -> Value {
        self.run(&["invoke"], event.to_string().as_bytes()).json()
    }

    /// A path in the program's folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Self {
            code: output.status.code().expect("the program ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The JSON document on stdout of a run that went well.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("not JSON ({error}): {}", self.stdout);
        })
    }

    /// The JSON documents on the lines of stdout.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"))
        };
        self.stdout.lines().map(parse).collect()
    }
}

/// A directive as Alexa sends it; `namespace` without `Alexa.`, or `Alexa` itself.
pub fn directive(namespace: &str, name: &str, device: Option<&str>, payload: Value) -> Value {
    let namespace = match namespace {
        "Alexa" => "Alexa".to_owned(),
        other => format!("Alexa.{other}"),
    };
    let mut directive = json!({
        "header": {
            "namespace": namespace,
            "name": name,
            "messageId": "1bd5d003-31b9-476f-ad03-71d471922820",
            "payloadVersion": "3",
        },
        "payload": payload,
    });
    if let Some(device) = device {
        directive["header"]["correlationToken"] =
            json!("dFMb0z+PgpgdDmluhJ1LddFvSqZ/jCc8ptlAKulUj90jSqg==");
        directive["endpoint"] = json!({
            "scope": {"type": "BearerToken", "token": "access-token-from-skill"},
            "endpointId": device.replacen('.', "#", 1),
            "cookie": {},
        });
    }
    json!({ "directive": directive })
}

/// The payload of directives that name no endpoint.
pub fn scope() -> Value {
    json!({"scope": {"type": "BearerToken", "token": "access-token-from-skill"}})
}

/// The type of an error response.
pub fn error_type(response: &Value) -> &str {
    assert_eq!(
        response["event"]["header"]["name"], "ErrorResponse",
        "{response}"
    );
    assert_eq!(response["event"]["header"]["payloadVersion"], "3");
    assert!(response["event"]["header"]["messageId"].is_string());
    assert!(response["event"]["payload"]["message"].is_string());
    response["event"]["payload"]["type"]
        .as_str()
        .expect("an error has a type")
}

/// The value of a property in a response's context.
pub fn property<'a>(response: &'a Value, namespace: &str, name: &str) -> &'a Value {
    let properties = response["context"]["properties"].as_array();
    properties
        .into_iter()
        .flatten()
        .find(|property| property["namespace"] == namespace && property["name"] == name)
        .map(|property| &property["value"])
        .unwrap_or_else(|| panic!("no {namespace} {name} in {response}"))
}
