//! Patience with registries that are busy for a moment. All that is asked of them here can be asked twice.

use std::time::Duration;

use oci_client::errors::OciDistributionError as Error;

use super::errors::is_passing;

/// The pauses between attempts, in milliseconds.
const PAUSES: [u64; 4] = [100, 300, 900, 2700];

/// Asks again while the registry says that it is busy.
pub(super) async fn with_patience<T>(ask: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    for pause in PAUSES {
        match ask().await {
            Err(error) if is_passing(&error) => tokio::time::sleep(Duration::from_millis(pause)).await,
            answer => return answer,
        }
    }
    ask().await
}
