//! The arguments of a service: as they were typed, or as `up` gives them.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};

use anyhow::bail;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, FromArgMatches as _};

use super::config::ServiceConfig;
use super::list::{Neighbours, Service};
use crate::dashboard_command::DashboardArguments;
use crate::experiments_api_command::ExperimentsApiArguments;
use crate::log_api_command::LogApiArguments;
use crate::log_fetcher_command::LogFetcherArguments;
use crate::orchestrator_command::OrchestratorArguments;
use crate::settings::Settings;
use crate::uptime_backend_command::UptimeBackendArguments;

/// The arguments of a service.
#[derive(Debug)]
pub(crate) enum ServiceArguments {
    UptimeBackend(Box<UptimeBackendArguments>),
    LogApi(LogApiArguments),
    ExperimentsApi(ExperimentsApiArguments),
    LogFetcher(Box<LogFetcherArguments>),
    Orchestrator(Box<OrchestratorArguments>),
    Dashboard(Box<DashboardArguments>),
}

/// Which variables and values of the settings file a service heeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VariablesTaken {
    All,
    /// Those that are not about nodes: a simulated network says itself where and whose they are.
    ButThoseAboutNodes,
}

/// The arguments that are not about nodes.
const NOT_ABOUT_NODES: [&str; 12] = [
    "host",
    "port",
    "token_file",
    "allow_without_token",
    "published_on",
    "require_token_for_reading",
    "keep_audit_days",
    "compatibility",
    "handle_status_change",
    "output_dir_path",
    "allow_private_webhooks",
    "webhook_allow_network",
];

/// What environment and settings file say about a service.
#[derive(Debug)]
pub(crate) enum Parsed {
    Arguments(ServiceArguments),
    /// It cannot run; the sentence says what has to be given.
    NotConfigured(String),
}

impl ServiceArguments {
    /// The arguments that a service gets from these flags, from variables and from the settings
    /// file.
    pub(crate) fn parse(
        service: Service,
        flags: impl IntoIterator<Item = OsString>,
        settings: &Settings,
        variables: VariablesTaken,
    ) -> anyhow::Result<Parsed> {
        let mut command = match variables {
            VariablesTaken::All => settings.command(|_| true),
            VariablesTaken::ButThoseAboutNodes => {
                settings.command(|id| NOT_ABOUT_NODES.contains(&id))
            }
        };
        if variables == VariablesTaken::ButThoseAboutNodes {
            command = command.mut_subcommand(service.command(), |command| {
                command.mut_args(|argument| {
                    if NOT_ABOUT_NODES.contains(&argument.get_id().as_str()) {
                        argument
                    } else {
                        argument.env(None)
                    }
                })
            });
        }
        let line = ["loadlab".into(), service.command().into()];
        let matches = match command.try_get_matches_from_mut(line.into_iter().chain(flags)) {
            Ok(matches) => matches,
            Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
                return Ok(Parsed::NotConfigured(missing(&error, &command, service)));
            }
            Err(error) => bail!("the {service}: {}", one_line(&error)),
        };
        let Some((_, given)) = matches.subcommand() else {
            bail!("the {service} has no command");
        };
        Ok(Parsed::Arguments(Self::from_matches(service, given)?))
    }

    fn from_matches(service: Service, given: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(match service {
            Service::UptimeBackend => Self::UptimeBackend(Box::from_arg_matches(given)?),
            Service::LogApi => Self::LogApi(LogApiArguments::from_arg_matches(given)?),
            Service::ExperimentsApi => {
                Self::ExperimentsApi(ExperimentsApiArguments::from_arg_matches(given)?)
            }
            Service::LogFetcher => Self::LogFetcher(Box::from_arg_matches(given)?),
            Service::Orchestrator => Self::Orchestrator(Box::from_arg_matches(given)?),
            Service::Dashboard => Self::Dashboard(Box::from_arg_matches(given)?),
        })
    }

    /// Where a service is to listen, whether or not it lacks something; the usual port if that
    /// cannot be said.
    pub(crate) fn address_of(service: Service, settings: &Settings) -> SocketAddr {
        let mut command = settings.command(|_| true);
        command = command.mut_subcommand(service.command(), |command| {
            command.mut_args(|argument| argument.required(false))
        });
        let matches = command.try_get_matches_from(["loadlab", service.command()]);
        let address = matches.ok().and_then(|matches| {
            let (_, given) = matches.subcommand()?;
            let host: &IpAddr = given.get_one("host")?;
            let port: &u16 = given.get_one("port")?;
            Some(SocketAddr::new(*host, *port))
        });
        address.unwrap_or_else(|| service::loopback(service.usual_port()))
    }

    pub(crate) const fn service(&self) -> Service {
        match self {
            Self::UptimeBackend(_) => Service::UptimeBackend,
            Self::LogApi(_) => Service::LogApi,
            Self::ExperimentsApi(_) => Service::ExperimentsApi,
            Self::LogFetcher(_) => Service::LogFetcher,
            Self::Orchestrator(_) => Service::Orchestrator,
            Self::Dashboard(_) => Service::Dashboard,
        }
    }

    /// Where it is to listen.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::UptimeBackend(arguments) => arguments.address(),
            Self::LogApi(arguments) => arguments.address(),
            Self::ExperimentsApi(arguments) => arguments.address(),
            Self::LogFetcher(arguments) => arguments.address(),
            Self::Orchestrator(arguments) => arguments.address(),
            Self::Dashboard(arguments) => arguments.address(),
        }
    }

    /// Takes other services in this process for what is not given.
    pub(crate) fn use_neighbours(&mut self, neighbours: &Neighbours) {
        match self {
            Self::UptimeBackend(_) | Self::LogApi(_) | Self::ExperimentsApi(_) => {}
            Self::LogFetcher(arguments) => arguments.use_neighbours(neighbours),
            Self::Orchestrator(arguments) => arguments.use_neighbours(neighbours),
            Self::Dashboard(arguments) => arguments.use_neighbours(neighbours),
        }
    }

    /// What has to be given before it can run, if anything.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        match self {
            Self::UptimeBackend(arguments) => arguments.missing(),
            Self::LogFetcher(arguments) => arguments.missing(),
            Self::LogApi(_)
            | Self::ExperimentsApi(_)
            | Self::Orchestrator(_)
            | Self::Dashboard(_) => None,
        }
    }

    /// Reads the files that are named, and checks everything.
    pub(crate) fn config(self) -> anyhow::Result<ServiceConfig> {
        Ok(match self {
            Self::UptimeBackend(arguments) => {
                ServiceConfig::UptimeBackend(Box::new(arguments.config()?))
            }
            Self::LogApi(arguments) => ServiceConfig::LogApi(arguments.config()?),
            Self::ExperimentsApi(arguments) => ServiceConfig::ExperimentsApi(arguments.config()?),
            Self::LogFetcher(arguments) => ServiceConfig::LogFetcher(Box::new(arguments.config()?)),
            Self::Orchestrator(arguments) => {
                ServiceConfig::Orchestrator(Box::new(arguments.config()?))
            }
            Self::Dashboard(arguments) => ServiceConfig::Dashboard(Box::new(arguments.config()?)),
        })
    }
}

/// What to set for the arguments that are missing.
fn missing(error: &clap::Error, command: &clap::Command, service: Service) -> String {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return one_line(error);
    };
    let command = command.find_subcommand(service.command());
    let arguments = command.into_iter().flat_map(clap::Command::get_arguments);
    let variables: Vec<String> = arguments
        .filter(|argument| missing.contains(&argument.to_string()))
        .filter_map(|argument| {
            let variable = argument.get_env()?.to_str()?;
            let about = argument.get_help()?.to_string();
            let about = about.split(['.', ',', ':']).next().unwrap_or_default();
            Some(format!("set {variable} ({})", lower_first(about.trim())))
        })
        .collect();
    if variables.is_empty() {
        return format!("give {}", missing.join(", "));
    }
    variables.join(", ")
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}

/// The message of clap without its usage.
fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).to_owned()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    fn parse(service: Service, flags: &[&str]) -> anyhow::Result<Parsed> {
        let flags = flags.iter().map(OsString::from);
        let settings = Settings::none(Cli::command());
        ServiceArguments::parse(
            service,
            flags,
            &settings,
            VariablesTaken::ButThoseAboutNodes,
        )
    }

    fn arguments(service: Service, flags: &[&str]) -> ServiceArguments {
        match parse(service, flags).unwrap() {
            Parsed::Arguments(arguments) => arguments,
            Parsed::NotConfigured(why) => panic!("{why}"),
        }
    }

    fn why_not(service: Service) -> String {
        let settings = Settings::none(Cli::command());
        match ServiceArguments::parse(service, [], &settings, VariablesTaken::All).unwrap() {
            Parsed::Arguments(arguments) => arguments.missing().unwrap().to_owned(),
            Parsed::NotConfigured(why) => why,
        }
    }

    #[test]
    fn a_service_that_lacks_something_says_what_to_set() {
        assert!(why_not(Service::LogFetcher).starts_with("set LOG_FETCHER_KEY_FILE (a file with"));
        assert!(why_not(Service::Orchestrator).starts_with("set CONFIG (the JSON configuration"));
        assert!(why_not(Service::UptimeBackend).starts_with("set CONFIG_FILE or"));
        let fetcher = arguments(Service::LogFetcher, &["-k", "key"]);
        assert!(fetcher.missing().unwrap().starts_with("set ONLINE_URL"));
    }

    #[test]
    fn neighbours_stand_in_for_what_is_not_given() {
        let neighbours = Neighbours {
            online_url: Some("http://127.0.0.1:1/v1/online".to_owned()),
            log_api_url: Some("http://127.0.0.1:2/graphql".to_owned()),
            addresses: None,
        };
        let said = |flags: &[&str]| {
            let mut fetcher = arguments(Service::LogFetcher, flags);
            fetcher.use_neighbours(&neighbours);
            assert_eq!(fetcher.missing(), None);
            format!("{fetcher:?}")
        };
        let plain = said(&["-k", "key"]);
        assert!(plain.contains("127.0.0.1:1/v1/online"), "{plain}");
        assert!(
            plain.contains("Some(2)") && plain.contains("/graphql"),
            "{plain}"
        );
        let given = said(&[
            "-k",
            "key",
            "--online-url",
            "http://a",
            "--trace-ports-log-api",
            "http://b",
        ]);
        assert!(
            !given.contains("127.0.0.1:1/") && !given.contains("/graphql"),
            "{given}"
        );
        let bucket = said(&["-k", "key", "--aws-bucket", "b", "--aws-prefix", "p"]);
        assert!(!bucket.contains("127.0.0.1:1/"), "{bucket}");
    }

    #[test]
    fn the_address_is_known_also_of_a_service_that_lacks_something() {
        let settings = Settings::none(Cli::command());
        for service in Service::ALL {
            let address = ServiceArguments::address_of(service, &settings);
            assert_eq!(
                address,
                service::loopback(service.usual_port()),
                "{service}"
            );
        }
    }

    #[test]
    fn a_wrong_value_is_an_error_and_not_a_service_that_is_off() {
        let error = parse(Service::LogApi, &["--port", "x"]).unwrap_err();
        let said = error.to_string();
        assert!(
            said.starts_with("the log API: invalid value 'x' for '--port"),
            "{said}"
        );
    }

    #[test]
    fn the_arguments_that_are_not_about_nodes_exist() {
        let command = Cli::command();
        let services =
            Service::ALL.map(|service| command.find_subcommand(service.command()).unwrap());
        for id in NOT_ABOUT_NODES {
            let mut all = services.iter().flat_map(|command| command.get_arguments());
            assert!(all.any(|argument| argument.get_id() == id), "{id}");
        }
    }
}
