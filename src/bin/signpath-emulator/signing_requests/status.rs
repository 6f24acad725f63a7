//! The statuses of a signing request, as they are documented.

use serde::{Deserialize, Serialize};

/// Where a signing request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WorkflowStatus {
    Submitted,
    RetrievingArtifact,
    WaitingForApproval,
    QueuedForMalwareScanning,
    ScanningForMalware,
    QueuedForProcessing,
    Processing,
    Completed,
    ProcessingFailed,
    MalwareScanFailed,
    MalwareDetected,
    ArtifactRetrievalFailed,
    Denied,
    Canceled,
}

/// The same in fewer words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Status {
    InProgress,
    WaitingForApproval,
    Completed,
    Failed,
    Denied,
    Canceled,
}

impl WorkflowStatus {
    /// The status that stands beside this one.
    pub(crate) const fn status(self) -> Status {
        match self {
            Self::Submitted
            | Self::RetrievingArtifact
            | Self::QueuedForMalwareScanning
            | Self::ScanningForMalware
            | Self::QueuedForProcessing
            | Self::Processing => Status::InProgress,
            Self::WaitingForApproval => Status::WaitingForApproval,
            Self::Completed => Status::Completed,
            Self::ProcessingFailed
            | Self::MalwareScanFailed
            | Self::MalwareDetected
            | Self::ArtifactRetrievalFailed => Status::Failed,
            Self::Denied => Status::Denied,
            Self::Canceled => Status::Canceled,
        }
    }

    /// Whether nothing comes after it.
    pub(crate) const fn is_final(self) -> bool {
        !matches!(self.status(), Status::InProgress | Status::WaitingForApproval)
    }

    /// The stage in which a signing request that ends like this does so.
    pub(crate) const fn last_stage(self) -> Self {
        match self {
            Self::ArtifactRetrievalFailed => Self::RetrievingArtifact,
            Self::MalwareScanFailed | Self::MalwareDetected => Self::ScanningForMalware,
            _ => Self::Processing,
        }
    }
}
