//! `[server]`, `[storage]`, `[egress]` and `[plugins]`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use hookgate_core::address::Allowed;
use hookgate_core::limits;
use hookgate_core::word::Secret;
use ipnet::IpNet;
use url::Url;

use super::Compiler;
use super::secret::Given;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::settings::{Plugins, Server, Settings, Storage, StorageUrl};

/// The public door: open to all interfaces, because senders come from outside.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 8080);
/// The admin door: this machine only.
const ADMIN_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8081);
/// Beside the process, so that a first run needs no preparation.
const DATABASE: &str = "hookgate.db";

/// Compiles everything outside the topology.
pub(super) fn settings(compiler: &mut Compiler<'_>) -> Settings {
    let file = compiler.file;
    if let Some(version) = &file.version
        && version.value != 1
    {
        let message = format!("version {} of the file's format is not known", version.value);
        compiler.add(codes::UNSUPPORTED_VERSION, &version.span, message, "write `version = 1`");
    }
    Settings {
        server: server(compiler),
        storage: storage(compiler),
        egress: egress(compiler),
        plugins: Plugins { cache: file.plugins.cache.as_ref().and_then(|cache| directory(compiler, cache)) },
    }
}

fn server(compiler: &mut Compiler<'_>) -> Server {
    let table = &compiler.file.server;
    let listen = address(compiler, table.listen.as_ref(), LISTEN);
    let admin_listen = address(compiler, table.admin_listen.as_ref(), ADMIN_LISTEN);
    if meet(listen, admin_listen)
        && let Some(named) = table.admin_listen.as_ref().or(table.listen.as_ref())
    {
        let message =
            format!("the public door is at {listen}, the admin door at {admin_listen}: they would meet");
        let mut diagnostic =
            Diagnostic::new(codes::SAME_ADDRESS, named.span.clone(), message, "give them two ports");
        if let (Some(public), Some(_)) = (&table.listen, &table.admin_listen) {
            diagnostic = diagnostic.with(public.span.clone(), "the public door is here");
        }
        compiler.report.push(diagnostic);
    }
    Server {
        listen,
        public_url: table.public_url.as_ref().and_then(|at| public_url(compiler, at)),
        trusted_proxies: table
            .trusted_proxies
            .iter()
            .flatten()
            .filter_map(|at| network(compiler, at))
            .collect(),
        admin_listen,
        admin_key: table.admin_key.as_ref().and_then(|at| admin_key(compiler, at)),
    }
}

fn address(compiler: &mut Compiler<'_>, at: Option<&At<String>>, default: SocketAddr) -> SocketAddr {
    let Some(at) = at else { return default };
    at.text().parse().unwrap_or_else(|_| {
        let message = format!("{:?} is no address with a port", at.text());
        let help =
            format!("write an IP address and a port, such as \"{default}\"; 0.0.0.0 is every IPv4 interface");
        compiler.add(codes::BAD_ADDRESS, &at.span, message, help);
        default
    })
}

/// Tells whether two listeners would get in each other's way. Port 0 is a new port each time.
fn meet(a: SocketAddr, b: SocketAddr) -> bool {
    let shares_interface = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && shares_interface
}

fn public_url(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<Url> {
    let why = match Url::parse(at.text()) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            "it begins with neither http:// nor https://".to_owned()
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            "it ends in a query or fragment".to_owned()
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "it carries a user".to_owned(),
        Ok(url) => return Some(url),
        Err(error) => error.to_string(),
    };
    let help = "write what senders call, such as \"https://hooks.example.com\"";
    compiler.add(codes::BAD_URL, &at.span, format!("this is no public URL: {why}"), help);
    None
}

fn network(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<IpNet> {
    let network = at.text().parse::<IpNet>().or_else(|_| at.text().parse::<IpAddr>().map(IpNet::from));
    if network.is_err() {
        let message = format!("{:?} is no network", at.text());
        compiler.add(
            codes::BAD_NETWORK,
            &at.span,
            message,
            "write a network such as \"10.0.0.0/8\", or an address",
        );
    }
    network.ok()
}

fn admin_key(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<Secret> {
    match compiler.given(at)? {
        Given::Skipped { .. } => None,
        Given::Text { text, .. } if text.trim().is_empty() => {
            let help = "set it to a long random text, or leave `admin_key` out: a key is made at first start";
            compiler.add(codes::BAD_SECRET, &at.span, "the admin key is empty", help);
            None
        }
        Given::Text { text, shown } => {
            if shown.is_none() {
                compiler.literal_secret(at, "HOOKGATE_ADMIN_KEY");
            }
            Some(Secret::from(text.as_str()))
        }
    }
}

fn storage(compiler: &mut Compiler<'_>) -> Storage {
    let table = &compiler.file.storage;
    let bounds = limits::RETENTION_MIN..=limits::RETENTION_MAX;
    let retention = table.retention.as_ref().and_then(|at| compiler.duration(at, bounds));
    Storage {
        url: storage_url(compiler, table.url.as_ref()),
        retention: retention.unwrap_or(limits::RETENTION),
    }
}

fn storage_url(compiler: &mut Compiler<'_>, at: Option<&At<String>>) -> StorageUrl {
    let default = || StorageUrl::Sqlite(PathBuf::from(DATABASE));
    let Some(at) = at else { return default() };
    if at.text().starts_with("postgres://") || at.text().starts_with("postgresql://") {
        let help = "use \"sqlite://hookgate.db\" until a release says that it speaks PostgreSQL";
        compiler.add(codes::UNBUILT_STORAGE, &at.span, "PostgreSQL is not built yet", help);
        return default();
    }
    match at.text().strip_prefix("sqlite://") {
        Some(path) if !path.is_empty() && !path.contains(['?', '#', '\0']) => {
            StorageUrl::Sqlite(PathBuf::from(path))
        }
        Some(_) | None => {
            let help = "write \"sqlite://\" and a path: \"sqlite://hookgate.db\", or \"sqlite:///var/lib/hookgate.db\"";
            compiler.add(codes::BAD_URL, &at.span, "this names no SQLite file", help);
            default()
        }
    }
}

fn egress(compiler: &mut Compiler<'_>) -> Allowed {
    let mut allowed = Allowed::default();
    for at in compiler.file.egress.allow.iter().flatten() {
        if let Err(why) = allowed.add(at.text()) {
            let help = "write one such as \"10.1.0.0/16\", \"10.1.2.3\" or \"crm.internal\"";
            compiler.add(codes::BAD_NETWORK, &at.span, why, help);
        }
    }
    allowed
}

fn directory(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<PathBuf> {
    if at.text().trim().is_empty() || at.text().contains('\0') {
        let help = "name a directory, or leave `cache` out: it is beside the database then";
        compiler.add(codes::BAD_URL, &at.span, "this names no directory", help);
        return None;
    }
    Some(PathBuf::from(at.text()))
}
