pub(in crate::web) mod accounts;
