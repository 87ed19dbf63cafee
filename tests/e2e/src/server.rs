//! A Home Assistant server of the test's own: installed, configured, started, asked, killed.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

use crate::Failure;

const CONFIGURATION: &str = include_str!("configuration.yaml");

/// The user that the test logs in as, on a server that nobody else reaches.
const USER: &str = "tester";
const PASSWORD: &str = "only-on-loopback";

/// Until it answers for the first time, it installs what its integrations need.
const START: Duration = Duration::from_secs(900);

/// A server, and the right to use it. It is killed when this is dropped.
pub struct Server {
    python: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
    agent: Agent,
    token: String,
}

impl Server {
    /// Configures a server in `folder`, which is emptied first, and starts it; `python` is the `bin` folder of the
    /// environment that Home Assistant is installed in.
    pub fn start(python: &Path, folder: &Path) -> Result<Self, Failure> {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let configuration = CONFIGURATION.replace("PORT", &port.to_string());
        fs::write(folder.join("configuration.yaml"), configuration)?;
        let agent = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .build()
            .into();
        let mut server = Self {
            python: python.to_owned(),
            folder: folder.to_owned(),
            port,
            child: None,
            agent,
            token: String::new(),
        };
        server.add_user()?;
        server.restart()?;
        Ok(server)
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What gives the right to use it, for half an hour from the last start.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Starts it again, and logs in.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.kill();
        let log = File::options().create(true).append(true).open(self.log())?;
        let child = self
            .hass()
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| Failure::new(format!("Home Assistant can't be started: {error}")))?;
        self.child = Some(child);
        let begun = Instant::now();
        loop {
            if let Ok(token) = self.log_in() {
                self.token = token;
                let config = self.get("/api/config");
                if config.is_ok_and(|config| config["state"] == "RUNNING") {
                    return Ok(());
                }
            }
            let ended = self.child.as_mut().map(Child::try_wait);
            if let Some(Ok(Some(status))) = ended {
                return Err(self.failed(&format!("it ended with {status}")));
            }
            if begun.elapsed() > START {
                return Err(self.failed("it doesn't answer"));
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Kills it, as a power failure does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The state of an entity: `{"state": …, "attributes": …}`.
    pub fn state(&self, entity: &str) -> Result<Value, Failure> {
        self.get(&format!("/api/states/{entity}"))
    }

    /// Calls a service such as `light.turn_on`. Whether the server did it: entities refuse what they don't have.
    pub fn call(&self, service: &str, data: &Value) -> Result<bool, Failure> {
        let path = format!("/api/services/{}", service.replace('.', "/"));
        let (status, _) = self.post(&path, data)?;
        Ok(status == 200)
    }

    /// The answer of the server's own Alexa endpoint.
    pub fn alexa(&self, directive: &Value) -> Result<Value, Failure> {
        let (status, answer) = self.post("/api/alexa/smart_home", directive)?;
        if status == 200 {
            Ok(answer)
        } else {
            Ok(json!({"event": {"header": {"name": format!("HTTP {status}")}}}))
        }
    }

    fn get(&self, path: &str) -> Result<Value, Failure> {
        let mut answer = self
            .agent
            .get(format!("{}{path}", self.url()))
            .header("Authorization", format!("Bearer {}", self.token))
            .call()?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string()?;
        serde_json::from_str(&text)
            .map_err(|_| Failure::new(format!("GET {path}: {} {text}", answer.status())))
    }

    fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), Failure> {
        let mut answer = self
            .agent
            .post(format!("{}{path}", self.url()))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json")
            .send(body.to_string())?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string()?;
        // Errors come as plain text.
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok((answer.status().as_u16(), value))
    }

    fn log_in(&self) -> Result<String, Failure> {
        let client = format!("{}/", self.url());
        let start = json!({"client_id": client, "handler": ["homeassistant", null], "redirect_uri": client});
        let (_, flow) = self.post("/auth/login_flow", &start)?;
        let flow = text(&flow["flow_id"])?;
        let credentials = json!({"client_id": client, "username": USER, "password": PASSWORD});
        let (_, done) = self.post(&format!("/auth/login_flow/{flow}"), &credentials)?;
        let code = text(&done["result"])?;
        let mut answer = self
            .agent
            .post(format!("{}/auth/token", self.url()))
            .send_form([
                ("client_id", client.as_str()),
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
            ])?;
        let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string()?)
            .map_err(|error| Failure::new(format!("/auth/token: {error}")))?;
        text(&answer["access_token"])
    }

    fn add_user(&self) -> Result<(), Failure> {
        let status = self
            .hass_script()
            .args(["add", USER, PASSWORD])
            .stdout(Stdio::null())
            .status()
            .map_err(|error| Failure::new(format!("Home Assistant can't be started: {error}")))?;
        if !status.success() {
            return Err(Failure::new(format!("no user can be added: {status}")));
        }
        Ok(())
    }

    fn hass(&self) -> Command {
        let mut command = Command::new(self.python.join("hass"));
        command
            .arg("--config")
            .arg(&self.folder)
            .stdin(Stdio::null());
        command
    }

    fn hass_script(&self) -> Command {
        let mut command = Command::new(self.python.join("hass"));
        command
            .args(["--script", "auth", "--config"])
            .arg(&self.folder);
        command
    }

    fn log(&self) -> PathBuf {
        self.folder.join("output.log")
    }

    fn failed(&self, what: &str) -> Failure {
        Failure::new(format!(
            "Home Assistant: {what}; see {}",
            self.log().display()
        ))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn text(value: &Value) -> Result<String, Failure> {
    let text = value.as_str();
    text.map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("not a text: {value}")))
}
