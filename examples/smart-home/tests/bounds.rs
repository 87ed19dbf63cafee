//! Every operation is called with inputs that are made to be costly, in a process with little memory: there is always
//! an answer or an error, in time. Both are limited: what a call takes of a processor, and how long it waits without
//! any work.
//!
//! The inputs come from the types in the registry, so an operation that is added is called, too. Each module has a
//! process of its own, in which its operations are called one after the other.
#![forbid(unsafe_code)]

mod costly;
mod idle;
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Map, Value};
use smart_home::ask::{self, Answer, Question};
use smart_home::gateway::SmartHome;
use smart_home::home::{HomeChoice, Opening, Session};

use idle::Idle;
use support::MODULES;

/// What a process may allocate.
const MEMORY_KIB: u64 = 256 << 10;
/// What one call may take of a processor.
const LONGEST: Duration = Duration::from_secs(10);
/// What all calls of a process may take, so that one without an end is ended.
const LONGEST_IN_ALL: Duration = Duration::from_secs(120);
/// How long a call may wait while nothing in the process is at work.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often it is looked whether a process is at work.
const LOOK: Duration = Duration::from_millis(200);
/// How many processes run side by side.
const AT_ONCE: usize = 2;
/// Names the only module to try, for who looks into a failure.
const ONLY: &str = "SMART_HOME_BOUNDS_ONLY";
/// Which module a process is for.
const MODULE: &str = "SMART_HOME_BOUNDS";

#[test]
fn no_operation_dies_of_its_input() {
    let only = std::env::var(ONLY).ok();
    let modules = SmartHome::REGISTRY.modules.iter().map(|module| module.name);
    let modules = modules.filter(|module| only.as_deref().is_none_or(|only| only == *module));
    let queue = Mutex::new(modules.collect::<Vec<_>>());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some(module) = next else { break };
                    let result = run(module);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    let (mut called, mut failures) = (0, Vec::new());
    for result in results.into_inner().unwrap() {
        match result {
            Ok(operations) => called += operations,
            Err(failure) => failures.push(failure),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(called > 0, "there is no module {only:?}");
    if only.is_none() {
        assert_eq!(called, SmartHome::REGISTRY.operations().len());
    }
}

/// Calls the operations of a module in a process of its own; gives how many there were.
fn run(module: &str) -> Result<usize, String> {
    run_test("calls_of_one_module", module, LONGEST_WAIT)
}

/// Runs an ignored test of this program in a process with limits; gives the number that it says in the end.
fn run_test(test: &str, module: &str, longest_wait: Duration) -> Result<usize, String> {
    let program = std::env::current_exe().expect("this program has a path");
    let limits = format!(
        "ulimit -d {MEMORY_KIB} && ulimit -t {} && exec \"$0\" \"$@\"",
        LONGEST_IN_ALL.as_secs()
    );
    let mut child = Command::new("sh")
        .args(["-c", &limits])
        .arg(program)
        .args([
            "--exact",
            test,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(MODULE, module)
        .env("LMMS_MODULES", &*MODULES)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process can be started");
    let stdout = child.stdout.take().expect("stdout is piped");
    let mut stderr = child.stderr.take().expect("stderr is piped");
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        lines.try_for_each(|line| tell.send(line))
    });
    let errors = std::thread::spawn(move || {
        let mut errors = Vec::new();
        let _ = stderr.read_to_end(&mut errors);
        errors
    });
    let (mut last, mut done, mut slow) = (String::new(), None, Vec::new());
    let (mut idle, mut waited) = (Idle::of(child.id()), false);
    loop {
        match told.recv_timeout(LOOK) {
            Ok(line) => {
                idle.start_over();
                if let Some(call) = line.strip_prefix("call ") {
                    last = call.to_owned();
                } else if let Some(call) = line.strip_prefix("slow ") {
                    slow.push(call.to_owned());
                } else if let Some(count) = line.strip_prefix("done ") {
                    done = count.parse().ok();
                }
            }
            Err(RecvTimeoutError::Timeout) if idle.look() > longest_wait => {
                waited = true;
                child.kill().expect("it is a child of this process");
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().expect("the process ends");
    let errors = errors.join().expect("it only reads");
    let errors = String::from_utf8_lossy(&errors);
    if !slow.is_empty() {
        return Err(format!("{module}: took too long: {}", slow.join(", ")));
    }
    if waited {
        return Err(format!("{last}: waited for more than {longest_wait:?}"));
    }
    match done {
        Some(count) if status.success() => Ok(count),
        _ => {
            let tail: Vec<&str> = errors.lines().rev().take(4).collect();
            Err(format!(
                "{last}: the process ended with {status}: {tail:.300?}"
            ))
        }
    }
}

#[test]
fn what_waits_for_ever_is_ended_and_what_works_is_not() {
    let longest_wait = Duration::from_secs(2);
    let error = run_test("waits_for_ever", "", longest_wait).unwrap_err();
    assert_eq!(error, "to wait: waited for more than 2s");
    assert_eq!(run_test("works_for_long", "", longest_wait), Ok(1));
}

#[test]
#[ignore = "started by `what_waits_for_ever_is_ended_and_what_works_is_not`"]
fn waits_for_ever() {
    say("call to wait");
    loop {
        std::thread::park();
    }
}

#[test]
#[ignore = "started by `what_waits_for_ever_is_ended_and_what_works_is_not`"]
fn works_for_long() {
    say("call to work");
    while processor_time() < Duration::from_secs(4) {
        std::hint::spin_loop();
    }
    say("done 1");
}

#[test]
#[ignore = "started by `no_operation_dies_of_its_input` in a process with limits"]
fn calls_of_one_module() {
    let module = std::env::var(MODULE).expect("the module is named");
    let target = HomeChoice::Virtual(Some(":memory:".into())).target(None, |_| None);
    let opening = Opening {
        modules: Some(MODULES.clone()),
        ..Opening::default()
    };
    let session = Session::open(&opening, target.unwrap(), None).unwrap();
    let registry = SmartHome::REGISTRY;
    let mut operations = 0;
    for info in registry.operations() {
        if registry.modules[info.module()].name != module {
            continue;
        }
        operations += 1;
        costly::for_each(&info, |what, kwargs| {
            call(&session, (info.interface(), info.name()), what, kwargs);
        });
    }
    say(&format!("done {operations}"));
}

fn call(
    session: &Session,
    (interface, operation): (&str, &str),
    what: &str,
    kwargs: Map<String, Value>,
) {
    let name = format!("{interface}.{operation} with {what}");
    say(&format!("call {name}"));
    let before = processor_time();
    let question = Question::Call {
        interface: interface.to_owned(),
        operation: operation.to_owned(),
        kwargs,
    };
    let answer = ask::ask(&session.gateway, &session.target, &question);
    let took = processor_time() - before;
    if let Answer::Failed(lmms::CallError::Panicked(panic)) = &answer {
        panic!("{name}: {panic}");
    }
    if took > LONGEST {
        say(&format!("slow {name}: {took:.1?}"));
    }
}

/// Output is not captured here, and must be there when the process dies in the next call.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The test harness has begun a line.
    writeln!(out, "\n{line}")
        .and_then(|()| out.flush())
        .expect("stdout takes lines");
}

/// What this thread has used of a processor; how busy the machine is makes no difference.
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = statistics.split(' ').next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}
