//! Without the database: read on to a bound, then slow down, then count losses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use store::Database;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::bench_of_nodes::{Bench, eventually};

/// A way to the database that can be cut, and made long.
struct Proxy {
    port: u16,
    is_cut: Arc<AtomicBool>,
    delay_ms: Arc<AtomicU64>,
}

impl Proxy {
    async fn start(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_cut, delay_ms) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (cut, delay) = (Arc::clone(&is_cut), Arc::clone(&delay_ms));
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let (target, cut, delay) = (target.clone(), Arc::clone(&cut), Arc::clone(&delay));
                tokio::spawn(async move {
                    if cut.load(Ordering::Relaxed) {
                        return;
                    }
                    let Ok(there) = TcpStream::connect(target).await else {
                        return;
                    };
                    let until_cut = async {
                        while !cut.load(Ordering::Relaxed) {
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                    };
                    let (from_here, to_here) = here.into_split();
                    let (from_there, to_there) = there.into_split();
                    tokio::select! {
                        () = hand_on(from_here, to_there, &delay) => {}
                        () = hand_on(from_there, to_here, &delay) => {}
                        () = until_cut => {}
                    }
                });
            }
        });
        Self {
            port,
            is_cut,
            delay_ms,
        }
    }

    fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::Relaxed);
    }

    /// From now on everything arrives so much later, in both directions.
    fn delay(&self, delay: Duration) {
        let delay_ms = u64::try_from(delay.as_millis()).unwrap();
        self.delay_ms.store(delay_ms, Ordering::Relaxed);
    }
}

/// Copies one direction until it ends.
async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay_ms: &AtomicU64) {
    let mut piece = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let delay = Duration::from_millis(delay_ms.load(Ordering::Relaxed));
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
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
    for _ in 0..15 {
        for node in &bench.nodes {
            node.write(70);
            made += 70;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
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
async fn connections_that_are_cut_and_delayed_again_and_again_double_nothing() {
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
        // Cuts meet transactions at every step, commits that take long among them.
        proxy.delay(Duration::from_millis(7 * (round % 4)));
        tokio::time::sleep(Duration::from_millis(20 + 17 * (round % 10))).await;
        proxy.cut(true);
        tokio::time::sleep(Duration::from_millis(30)).await;
        proxy.cut(false);
    }
    proxy.delay(Duration::ZERO);
    eventually("everything is stored", async || {
        bench.stored_and_lost().await.0 >= made
    })
    .await;
    fetcher.stop().await;
    assert_eq!(bench.stored_and_lost().await, (made, 0));
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_slow_delays_and_loses_nothing() {
    let bench = Bench::start(3, 500).await;
    let mut config = bench.config();
    config.lease_time = Duration::from_secs(10);
    let (proxy, database) = through_proxy(&bench, &config.connect_options()).await;
    let fetcher = bench.fetch_with(config, database).await;
    let mut made = 0;
    for node in &bench.nodes {
        node.write(10);
        made += 10;
    }
    bench.wait_for_entries(made).await;
    // Longer than the queues would last if nodes were asked only when their
    // last answer is stored.
    proxy.delay(Duration::from_millis(300));
    for _ in 0..20 {
        for node in &bench.nodes {
            node.write(50);
            made += 50;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    proxy.delay(Duration::ZERO);
    bench.wait_for_entries(made).await;
    assert_eq!(bench.stored_and_lost().await, (made, 0));
    fetcher.stop().await;
    bench.check_conservation().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_ends_lose_and_double_nothing() {
    let bench = Bench::start(3, 5_000).await;
    let fetcher = bench.fetch(bench.config()).await;
    let mut made = 0;
    for _ in 0..20 {
        for node in &bench.nodes {
            node.write(30);
            made += 30;
        }
        tokio::time::sleep(Duration::from_millis(120)).await;
        let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
                    WHERE datname = current_database()
                      AND starts_with(application_name, 'loadlab log-fetcher')";
        bench.test.texts(end).await.unwrap();
    }
    bench.wait_for_entries(made).await;
    fetcher.stop().await;
    assert_eq!(bench.stored_and_lost().await, (made, 0));
    bench.check_conservation().await;
}
