//! `lycosa fetch`: fetches one URL with the crawler's client.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    time::Duration,
};

use clap::{ArgAction, Args};
use lycosa::{
    Config, Error, Hop, MAX_REQUEST_BODY, Method, Request, Result,
    config::{Layers, parse_seed},
    fetch_once,
};

use super::{
    exit::{Exit, fail},
    form,
};

/// The request to send.
#[derive(Clone, Debug, Args)]
pub(crate) struct FetchOptions {
    /// URL to fetch; "example.com" means https.
    #[arg(value_name = "URL")]
    url: String,
    /// Method [default: GET, or POST with -d or -F].
    #[arg(short = 'X', long, value_name = "METHOD")]
    method: Option<Method>,
    /// Add a header; repeatable.
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = name_and_value)]
    header: Vec<(String, String)>,
    /// Send a body, as a form unless there is a Content-Type; @FILE reads it from a file.
    #[arg(short, long, value_name = "DATA")]
    data: Option<String>,
    /// Send a part of a multipart form: NAME=VALUE, NAME=@FILE or NAME=<FILE, optionally followed by ;type=MEDIA-TYPE or
    /// ;filename=NAME; repeatable.
    #[arg(short = 'F', long, value_name = "NAME=VALUE", conflicts_with = "data")]
    form: Vec<String>,
    /// Use this proxy: http://[user:password@]host:port.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Exit with 1 if the last status is 400 or above.
    #[arg(short, long)]
    fail: bool,
    /// Show each request and response with timings on standard error; -vv also shows the log.
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// Read this configuration file; repeatable, later files take precedence.
    #[arg(short, long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Set any key, for example --set fetcher.timeout.total=5s; repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::options::key_and_value)]
    set: Vec<(String, String)>,
}

fn name_and_value(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Fetches the URL and writes the body to standard output.
pub(crate) fn fetch(options: &FetchOptions) -> Exit {
    let request = match options.request() {
        Ok(request) => request,
        Err(message) => {
            eprintln!("lycosa: {message}");
            return Exit::Usage;
        }
    };
    let config = match options.config() {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    if options.verbose > 1 {
        env_logger::Builder::new().filter_level(log::LevelFilter::Trace).init();
    }
    let trace = match actix_rt::System::new().block_on(fetch_once(&config, request)) {
        Ok(trace) => trace,
        Err(error) => return fail(&error),
    };
    if options.verbose > 0 {
        trace.hops.iter().for_each(show);
    }
    let status = trace.hops.last().and_then(|hop| hop.status).unwrap_or_default();
    if status == 304 {
        eprintln!("lycosa: not modified (status 304)");
    }
    match trace.result {
        Ok(body) => match io::stdout().write_all(&body) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                fail(&Error::System { what: "standard output", error })
            }
            Ok(()) | Err(_) if options.fail && status >= 400 => {
                eprintln!("lycosa: status {status}");
                Exit::Error
            }
            Ok(()) | Err(_) => Exit::Finished,
        },
        Err(error) => {
            eprintln!("lycosa: {error}");
            Exit::Error
        }
    }
}

impl FetchOptions {
    fn request(&self) -> std::result::Result<Request, String> {
        let mut request = parse_seed(&self.url)?;
        for (name, value) in &self.header {
            request = request.header(name, value);
        }
        if let Some(data) = &self.data {
            let is_typed = self.header.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            if !is_typed {
                request = request.header("content-type", "application/x-www-form-urlencoded");
            }
            request = request.with_method(Method::Post).raw_body(read(data)?);
        }
        if !self.form.is_empty() {
            let parts: Vec<_> = self.form.iter().map(|text| form::part(text)).collect::<std::result::Result<_, _>>()?;
            request = request.with_method(Method::Post).multipart(parts);
        }
        if let Some(method) = &self.method {
            request = request.with_method(method.clone());
        }
        if let Some(proxy) = &self.proxy {
            request = request.proxy(proxy);
        }
        if request.body().len() > MAX_REQUEST_BODY {
            return Err("body is larger than 1 MiB".to_owned());
        }
        Ok(request)
    }

    fn config(&self) -> Result<Config> {
        let mut layers = Layers::default();
        self.config.iter().for_each(|file| layers.file(file));
        layers.process_environment();
        self.set.iter().for_each(|(key, value)| layers.flag("--set", key, value));
        Ok(layers.load()?.config)
    }
}

/// Returns the data, or the content of the file that `@FILE` names.
fn read(data: &str) -> std::result::Result<Vec<u8>, String> {
    match data.strip_prefix('@') {
        Some(path) => std::fs::read(path).map_err(|error| format!("{path}: {error}")),
        None => Ok(data.as_bytes().to_vec()),
    }
}

/// Prints a hop on standard error as curl does: `*` events, `>` request, `<` response.
fn show(hop: &Hop) {
    let mut err = io::stderr().lock();
    let mut line = |mark: char, text: &str| {
        // If standard error is closed, there is nowhere to report it.
        writeln!(err, "{mark} {text}").ok();
    };
    line('*', hop.request.url().as_str());
    if let Some(address) = hop.address {
        line('*', &format!("connected to {address}"));
    }
    for sent in String::from_utf8_lossy(&hop.sent).split("\r\n\r\n").next().unwrap_or_default().lines() {
        line('>', sent);
    }
    if let Some(status) = hop.status {
        line('<', &status.to_string());
    }
    for (name, value) in hop.headers.iter() {
        line('<', &format!("{name}: {}", String::from_utf8_lossy(value)));
    }
    let times = hop.times;
    let parts = [("dns", times.dns), ("connect", times.connect), ("tls", times.tls), ("first byte", times.first_byte)];
    let parts = parts.into_iter().chain([("head", Some(times.head))]);
    let shown = parts.filter_map(|(name, time)| Some(format!("{name} {}", milliseconds(time?))));
    line('*', &shown.collect::<Vec<_>>().join(", "));
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
