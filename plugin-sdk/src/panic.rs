//! Brings a panic's message out of the sandbox: the host itself sees only that the plugin stopped.

/// Makes panics write their message to the log before they end the instance. Set anew for every
/// call, since every call has an instance of its own.
pub(crate) fn hook() {
    std::panic::set_hook(Box::new(|panic| crate::log::error(panic)));
}
