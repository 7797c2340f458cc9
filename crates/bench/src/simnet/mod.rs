//! `bench simnet`: what a simulated network and the uptime backend manage.

mod submissions;

use serde_json::json;

use crate::{OutputFormat, print};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How the result is written
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let submissions_per_second = submissions::measure().await?;
    print(&match arguments.format {
        OutputFormat::Json => {
            json!({"submissions_per_second": submissions_per_second.round()}).to_string()
        }
        OutputFormat::Text => {
            format!("{submissions_per_second:.0} submissions/s accepted by the uptime backend")
        }
    });
    Ok(())
}
