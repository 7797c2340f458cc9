//! What `up` is going to start: which services, where they listen, and which are off and why.

use std::net::SocketAddr;

use anyhow::bail;
use orchestrator::NetworkError;

use super::ports::settle;
use super::simulated::SimulatedNetwork;
use crate::services::{
    Addresses, Neighbours, Parsed, Service, ServiceArguments, ServiceConfig, VariablesTaken,
};
use crate::settings::Settings;

/// Services, and the network that they work on.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The simulated network; none if the services work on a real one.
    pub(super) network: Option<SimulatedNetwork>,
    /// Where every service listens, or would.
    pub(super) addresses: Addresses,
    /// Services that lack something, and what has to be set.
    pub(super) off: Vec<(Service, String)>,
    arguments: Vec<ServiceArguments>,
    /// Whether a service that lacks something is an error.
    is_named: bool,
}

impl Plan {
    /// The services of these names, or all that are configured if none is named. An error if a
    /// service lacks something that was named, has a wrong setting, or its port is taken.
    pub(crate) async fn new(
        named: &[Service],
        network: Option<SimulatedNetwork>,
        free_ports: bool,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let mut plan = Self {
            network,
            addresses: Addresses::usual(),
            off: Vec::new(),
            arguments: Vec::new(),
            is_named: !named.is_empty(),
        };
        // Its flags say which.
        if let (Some(network), true) = (&mut plan.network, free_ports) {
            network.find_trace_ports().await?;
        }
        let is_wanted = |service| named.is_empty() || named.contains(&service);
        let mut neighbours = Neighbours::default();
        if plan.network.is_some() {
            // The nodes submit there, also if that backend runs elsewhere.
            neighbours.online_url = Some(plan.online_url());
        }
        for service in Service::ALL
            .into_iter()
            .filter(|service| is_wanted(*service))
        {
            let mut arguments = match plan.parse(service, settings)? {
                Parsed::Arguments(arguments) => arguments,
                Parsed::NotConfigured(why) => {
                    plan.leave_out(service, why)?;
                    continue;
                }
            };
            arguments.use_neighbours(&neighbours);
            if let Some(why) = arguments.missing() {
                plan.leave_out(service, why.to_owned())?;
                continue;
            }
            let address = settle(arguments.address(), free_ports, service).await?;
            plan.addresses.set(service, address);
            neighbours.addresses = Some(plan.addresses);
            plan.arguments.push(arguments);
            match service {
                Service::UptimeBackend => neighbours.online_url = Some(plan.online_url()),
                Service::LogApi => {
                    let url = plan.addresses.url(service) + service.page();
                    neighbours.log_api_url = Some(url);
                }
                Service::ExperimentsApi
                | Service::LogFetcher
                | Service::Orchestrator
                | Service::Dashboard => {}
            }
        }
        if plan.arguments.is_empty() {
            bail!("no service is configured");
        }
        Ok(plan)
    }

    /// Where the list of online nodes is.
    fn online_url(&self) -> String {
        self.addresses.url(Service::UptimeBackend) + Service::UptimeBackend.page()
    }

    fn parse(&self, service: Service, settings: &Settings) -> anyhow::Result<Parsed> {
        match &self.network {
            None => ServiceArguments::parse(service, [], settings, VariablesTaken::All),
            Some(network) => {
                let variables = VariablesTaken::ButThoseAboutNodes;
                ServiceArguments::parse(service, network.flags(service), settings, variables)
            }
        }
    }

    fn leave_out(&mut self, service: Service, why: String) -> anyhow::Result<()> {
        if self.is_named {
            bail!("the {service} is not configured: {why}");
        }
        self.off.push((service, why));
        Ok(())
    }

    /// Where the services are going to listen.
    pub(crate) fn listening(&self) -> Vec<SocketAddr> {
        let services = self.arguments.iter().map(ServiceArguments::service);
        services.map(|service| self.addresses.of(service)).collect()
    }

    /// The configurations of the services, out of the files that they name.
    pub(super) fn configs(&mut self) -> anyhow::Result<Vec<ServiceConfig>> {
        let mut configs = Vec::new();
        for arguments in std::mem::take(&mut self.arguments) {
            let service = arguments.service();
            let mut config = match arguments.config() {
                Ok(config) => config,
                Err(error) if is_without_source(&error) => {
                    let why = "add `onlineURL` (the online list of an uptime backend) to its \
                               configuration, or run the uptime backend here";
                    self.leave_out(service, why.to_owned())?;
                    continue;
                }
                Err(error) => return Err(error.context(format!("the {service} cannot start"))),
            };
            *config.address_mut() = self.addresses.of(service);
            configs.push(config);
        }
        Ok(configs)
    }
}

fn is_without_source(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(NetworkError::Source))
}
