//! Child processes that end with their parent.
//!
//! A crate of its own for its unsafe code: code between `fork` and `exec` is unsafe
//! in Rust, and what the kernel does at the death of a parent can only be set
//! there.

use std::process::Command;

/// Lets the kernel send the child SIGINT when the **thread** that spawns it
/// ends, also when the process is killed. Spawn from a thread that lives as
/// long as the child should. Does nothing outside of Linux.
///
/// The child must not change its user after this (an `exec` of a set-user-id
/// program would clear the setting); [`Command`] changes it before.
pub fn interrupt_at_parent_death(command: &mut Command) {
    #[cfg(target_os = "linux")]
    linux::interrupt_at_parent_death(command);
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use nix::errno::Errno;
    use nix::sys::prctl::set_pdeathsig;
    use nix::sys::signal::Signal;
    use nix::unistd::{getpid, getppid};

    pub(super) fn interrupt_at_parent_death(command: &mut Command) {
        let parent = getpid();
        let in_child = move || {
            set_pdeathsig(Signal::SIGINT)?;
            // The parent may have died before the line above.
            if getppid() == parent {
                Ok(())
            } else {
                Err(io::Error::from(Errno::ESRCH))
            }
        };
        // SAFETY: the closure runs after `fork`, where only functions that are
        // safe in signal handlers may be called. It makes two system calls and
        // neither allocates nor takes locks: an `io::Error` made of a number
        // does not allocate.
        #[allow(unsafe_code, reason = "the purpose of this crate")]
        unsafe {
            command.pre_exec(in_child);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;
    use std::thread;

    /// SIGINT in Linux.
    const SIGINT: i32 = 2;

    #[test]
    fn the_child_is_interrupted_when_the_spawning_thread_ends() {
        let spawner = thread::spawn(|| {
            let mut command = Command::new("sleep");
            command.arg("60");
            interrupt_at_parent_death(&mut command);
            command.spawn().unwrap()
        });
        let mut child = spawner.join().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(SIGINT));
    }

    #[test]
    fn the_child_of_a_living_thread_runs_to_its_end() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 0.1; exit 7"]);
        interrupt_at_parent_death(&mut command);
        let status = command.spawn().unwrap().wait().unwrap();
        assert_eq!(status.code(), Some(7));
    }
}
