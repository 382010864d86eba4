//! A crawler whose handler kills the process at one page: `aborts CONFIG PAGE`.

use std::{error::Error, process::abort};

use lycosa::{Config, Crawler, Output, Page};
use serde_json::json;

#[actix_rt::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let config = Config::load([arguments.next().ok_or("the configuration is missing")?])?;
    let fatal = arguments.next().ok_or("the page is missing")?;
    let handler = move |page: &Page, out: &mut Output| {
        if page.url().as_str().ends_with(&fatal) {
            abort();
        }
        out.record(json!({ "url": page.url().as_str() }));
        for link in page.links() {
            out.follow(link);
        }
        Ok(())
    };
    println!("{}", Crawler::new(config).otherwise(handler).run().await?);
    Ok(())
}
