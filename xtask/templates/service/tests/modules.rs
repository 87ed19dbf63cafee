//! Over a connection and through the built libraries, as users have them: `cargo lmms test` builds them first.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use lmms::UnloadOutcome;

use {{crate}}::{App, server};

/// What the service answers to these lines.
fn ask(app: &App, requests: &str) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    client.write_all(requests.as_bytes())?;
    client.shutdown(Shutdown::Write)?;
    let (served, _) = listener.accept()?;
    thread::scope(|scope| {
        let service = scope.spawn(move || server::converse(app, &served));
        let mut answers = String::new();
        client.read_to_string(&mut answers)?;
        service.join().expect("the service doesn't panic")?;
        Ok(answers)
    })
}

const GREET: &str =
    r#"{"interface": "greetings", "operation": "greet", "arguments": {"name": "Ann"}}"#;

#[test]
fn the_module_is_loaded_when_it_is_asked_and_its_answers_outlive_it() {
    let app = App::builder().background_sweeps(false).open().unwrap();
    assert!(!app.is_resident("greetings").unwrap());

    let answer = "{\"result\":\"Hello, Ann!\"}\n";
    assert_eq!(ask(&app, GREET).unwrap(), answer);
    assert!(app.is_resident("greetings").unwrap());

    let outcome = app.unload("greetings").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
    assert_eq!(ask(&app, GREET).unwrap(), answer);
    assert!(
        !app.is_resident("greetings").unwrap(),
        "it was answered from the cache"
    );
}

#[test]
fn what_is_wrong_is_answered_and_the_connection_goes_on() {
    let app = App::builder().background_sweeps(false).open().unwrap();
    let nobody = r#"{"interface": "greetings", "operation": "greet", "arguments": {"name": ""}}"#;
    let unknown = r#"{"interface": "greetings", "operation": "great"}"#;
    let answers = ask(&app, &format!("nonsense\n{unknown}\n{nobody}\n{GREET}\n")).unwrap();
    let answers: Vec<&str> = answers.lines().collect();
    let parts = [
        "no JSON",
        "greetings.great",
        "nobody to greet",
        "Hello, Ann!",
    ];
    assert_eq!(answers.len(), parts.len(), "{answers:#?}");
    for (answer, part) in answers.iter().zip(parts) {
        assert!(answer.contains(part), "{part}: {answer}");
    }
}
