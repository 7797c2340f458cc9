//! Without the database: read on to a bound, then slow down, then count losses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::Database;
use tokio::net::{TcpListener, TcpStream};

use crate::bench_of_nodes::{Bench, eventually};

/// A way to the database that can be cut.
struct Proxy {
    port: u16,
    is_cut: Arc<AtomicBool>,
}

impl Proxy {
    async fn start(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = Arc::clone(&is_cut);
        tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let (target, cut) = (target.clone(), Arc::clone(&cut));
                tokio::spawn(async move {
                    if cut.load(Ordering::Relaxed) {
                        return;
                    }
                    let Ok(mut there) = TcpStream::connect(target).await else {
                        return;
                    };
                    let until_cut = async {
                        while !cut.load(Ordering::Relaxed) {
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut here, &mut there) => {}
                        () = until_cut => {}
                    }
                });
            }
        });
        Self { port, is_cut }
    }

    fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::Relaxed);
    }
}

/// The bench's database through a proxy.
async fn through_proxy(bench: &Bench, options: &store::ConnectOptions) -> (Proxy, Database) {
    let url: url::Url = bench.test.url().parse().unwrap();
    let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let proxy = Proxy::start(target).await;
    let mut url = url;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.port)).unwrap();
    let database = Database::connect(url.as_str(), options).await.unwrap();
    (proxy, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_database_loses_nothing_that_fits_into_memory() {
    let bench = Bench::start(3, 500).await;
    let config = bench.config();
    let (proxy, database) = through_proxy(&bench, &config.connect_options()).await;
    let fetcher = bench.fetch_with(config, database).await;
    let mut made = 0;
    for node in &bench.nodes {
        node.write(10);
        made += 10;
    }
    bench.wait_for_entries(made).await;
    proxy.cut(true);
    // Twice what the queues hold, at a pace that can be followed.
    for _ in 0..25 {
        for node in &bench.nodes {
            node.write(40);
            made += 40;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(bench.stored_and_lost().await, (30, 0), "the way is cut");
    proxy.cut(false);
    bench.wait_for_entries(made).await;
    assert_eq!(bench.stored_and_lost().await, (made, 0));
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_into_memory_is_counted_as_lost() {
    let bench = Bench::start(1, 500).await;
    let mut config = bench.config();
    config.buffer_bytes_max = 1;
    let (proxy, database) = through_proxy(&bench, &config.connect_options()).await;
    let fetcher = bench.fetch_with(config, database).await;
    bench.nodes[0].write(10);
    bench.wait_for_entries(10).await;
    proxy.cut(true);
    let mut made = 10;
    for _ in 0..20 {
        bench.nodes[0].write(400);
        made += 400;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    proxy.cut(false);
    bench.wait_for_entries(made).await;
    let (stored, lost) = bench.stored_and_lost().await;
    assert_eq!(stored + lost, made);
    assert!(lost > 2_000, "{lost} lost");
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_again_and_again_double_nothing() {
    let bench = Bench::start(4, 5_000).await;
    let config = bench.config();
    let (proxy, database) = through_proxy(&bench, &config.connect_options()).await;
    let fetcher = bench.fetch_with(config, database).await;
    let mut made = 0;
    for round in 0..30_u64 {
        for node in &bench.nodes {
            node.write(20);
            made += 20;
        }
        tokio::time::sleep(Duration::from_millis(20 + 7 * (round % 10))).await;
        proxy.cut(true);
        tokio::time::sleep(Duration::from_millis(30)).await;
        proxy.cut(false);
    }
    eventually("everything is stored", async || {
        bench.stored_and_lost().await.0 >= made
    })
    .await;
    fetcher.stop().await;
    bench.check_conservation().await;
}
