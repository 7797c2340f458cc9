//! The memory allocator of the program and its benchmarks.
//!
//! The allocator of the system gives the megabytes of each batch back to the kernel and fetches
//! them again for the next: a third of the time of tracing. mimalloc keeps freed memory for a
//! moment. By default the moment is a second, which never passes between two batches of an import:
//! its memory would only grow. [`shorten_purge_delay`] sets a shorter one.

use std::ffi::c_long;

use libmimalloc_sys::{mi_option_set, mi_option_t};
pub use mimalloc::MiMalloc as Allocator;

/// Freed memory goes back to the kernel after this time, in milliseconds. Measured by `bench
/// ingest` with 1,000 (the allocator's own), 100, 10 and 0: a peak of 133, 96, 78 and 67 MiB. At 10
/// and 0 the tracer is slower, at 100 it is not.
const PURGE_DELAY_MS: c_long = 100;

/// `mi_option_purge_delay` in `mimalloc.h`. The bindings name only some of the options.
const OPTION_PURGE_DELAY: mi_option_t = 15;

/// The allocator's own variable of the environment for the same option.
const VARIABLE: &str = "MIMALLOC_PURGE_DELAY";

/// Sets the time after which freed memory goes back to the kernel, unless the environment does
/// (`MIMALLOC_PURGE_DELAY`, in milliseconds). Called first in `main`.
pub fn shorten_purge_delay() {
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    // SAFETY: the function stores a number in a table of the allocator, in a place that exists in
    // every version of the library that this option does. Any thread may call it at any time.
    #[allow(unsafe_code, reason = "the option has no safe function")]
    unsafe {
        mi_option_set(OPTION_PURGE_DELAY, PURGE_DELAY_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libmimalloc_sys::mi_option_get;

    #[test]
    fn the_delay_is_the_shorter_one_unless_the_environment_sets_it() {
        shorten_purge_delay();
        // SAFETY: the function reads a number from a table of the allocator.
        #[allow(unsafe_code, reason = "the option has no safe function")]
        let delay = unsafe { mi_option_get(OPTION_PURGE_DELAY) };
        let of_environment = std::env::var(VARIABLE).ok();
        let expected = of_environment.map_or(PURGE_DELAY_MS, |text| text.parse().unwrap());
        assert_eq!(delay, expected);
    }
}
