//! The priority of the host's own threads: below everybody else's, so that a guest that computes takes what
//! accepting and delivering leave, and not their time.
#![expect(unsafe_code, reason = "nice(2) is a C function: this file is where it is called")]

/// Steps below the process' own priority. At 10 a thread gets a tenth of what one of the process' others gets
/// (sched(7), "The nice value": each step is a factor of 1.25), and all that nobody else wants.
const STEPS: i32 = 10;

/// Lowers the calling thread's priority. Elsewhere than on Linux it would lower the whole process', and does
/// nothing.
pub(crate) fn lower() {
    #[cfg(target_os = "linux")]
    // SAFETY: it takes an integer and touches no memory. On Linux the nice value is the thread's (sched(7)).
    unsafe {
        // A priority that cannot be lowered stays as it is, and guests are as bounded as before.
        libc::nice(STEPS);
    }
}
