//! Patience with registries that are busy for a moment, and not too much asked of them at a time. All that is asked of
//! them here can be asked twice.

use std::time::Duration;

use oci_client::errors::OciDistributionError as Error;
use tokio::sync::Semaphore;

use super::errors::is_passing;

/// The pauses between attempts, in milliseconds.
const PAUSES: [u64; 4] = [100, 300, 900, 2700];

/// So many requests are out at a time: registries limit how many they take. Who waits for another reason, to see that an
/// addition stays, keeps nobody else waiting.
static PLACES: Semaphore = Semaphore::const_new(8);

/// Asks again while the registry says that it is busy.
pub(super) async fn with_patience<T>(ask: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    for pause in PAUSES {
        match in_place(&ask).await {
            Err(error) if is_passing(&error) => tokio::time::sleep(Duration::from_millis(pause)).await,
            answer => return answer,
        }
    }
    in_place(&ask).await
}

/// Asks once there is a place.
pub(super) async fn in_place<T>(ask: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    // nobody closes it, so that it is always given
    let _place = PLACES.acquire().await;
    ask().await
}
