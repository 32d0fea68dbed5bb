//! What ends a server. Floor 8.

/// Ready when the process is asked to end: by SIGINT (Ctrl-C) or SIGTERM (what a service manager sends); elsewhere than on Unix by Ctrl-C.
///
/// From the first time on that it is awaited, neither ends the process by itself any more.
pub async fn shutdown_signal() {
    #[cfg(unix)]
    let asked = {
        use tokio::signal::unix::{SignalKind, signal};
        async {
            let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            Ok::<(), std::io::Error>(())
        }
    };
    #[cfg(not(unix))]
    let asked = tokio::signal::ctrl_c();
    if let Err(error) = asked.await {
        tracing::error!(%error, "the signals to end cannot be heard: they end the process at once");
        std::future::pending::<()>().await;
    }
}
