//! `hookgate_fuzz::targets::config` under libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hookgate_fuzz::targets::config(bytes));
