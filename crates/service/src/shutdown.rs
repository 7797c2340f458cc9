//! Ending a process on request: the first signal asks everything to finish, the second one ends
//! the process at once.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that SIGINT (Ctrl-C) and SIGTERM cancel. A task that does work holds a clone and finishes
/// when it is cancelled. A second signal ends the process at once with the status a shell would
/// report for that signal (128 + its number), for people who do not want to wait.
///
/// Call it once per process, inside the runtime.
pub fn on_signal() -> io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let first = received(&mut interrupt, &mut terminate).await;
        // Before the log line, which may have to wait for its reader.
        cancelled.cancel();
        tracing::info!(
            signal = first.name,
            "stopping; a second signal ends at once"
        );
        let second = received(&mut interrupt, &mut terminate).await;
        tracing::warn!(signal = second.name, "ending at once");
        std::process::exit(second.exit_status);
    });
    Ok(token)
}

struct Received {
    name: &'static str,
    exit_status: i32,
}

async fn received(interrupt: &mut Signal, terminate: &mut Signal) -> Received {
    tokio::select! {
        _ = interrupt.recv() => Received { name: "SIGINT", exit_status: 130 },
        _ = terminate.recv() => Received { name: "SIGTERM", exit_status: 143 },
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;

    const CHILD_VARIABLE: &str = "SERVICE_TEST_SHUTDOWN_CHILD";
    const READY: &str = "child waits for a signal";
    const CANCELLED: &str = "child was asked to stop";

    /// The process under test is this test program itself, started again: signals act on whole
    /// processes, so the test needs one of its own.
    #[test]
    fn the_first_signal_cancels_and_the_second_ends_the_process() {
        if env::var_os(CHILD_VARIABLE).is_some() {
            child();
        }
        for (name, status) in [("INT", 130), ("TERM", 143)] {
            let mut child = Command::new(env::current_exe().unwrap())
                .args([
                    "--exact",
                    "--nocapture",
                    "shutdown::tests::the_first_signal_cancels_and_the_second_ends_the_process",
                ])
                .env(CHILD_VARIABLE, "1")
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let mut wait_for = |wanted: &str| {
                assert!(
                    lines.any(|line| line.unwrap().contains(wanted)),
                    "the child ended without saying `{wanted}`"
                );
            };
            wait_for(READY);
            send(name, &child);
            wait_for(CANCELLED);
            send(name, &child);
            assert_eq!(child.wait().unwrap().code(), Some(status), "SIG{name}");
        }
    }

    fn child() -> ! {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let token = on_signal().unwrap();
            println!("{READY}");
            token.cancelled().await;
            println!("{CANCELLED}");
            std::future::pending::<()>().await;
        });
        unreachable!("only the second signal ends the child")
    }

    fn send(signal: &str, child: &Child) {
        let sent = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }
}
