//! The service as whoever runs it meets it: encryption, copies, figures about itself, several instances, outages.

mod backup;
mod district;
mod instances;
mod killed;
mod metrics;
mod tls;
mod words;
