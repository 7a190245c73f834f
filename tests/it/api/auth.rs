//! Logging in and out, accounts and grants.

both_databases! {
    async fn nobody_is_nobody(server: TestServer) {
        server.client().get("/api/v1/auth/me").await.expect_problem(401, "unauthenticated");
    }

    async fn a_token_leads_to_its_account(server: TestServer) {
        let user = server.user("anna", kaofa::auth::Role::Auditor, server.root().await).await;
        let me = server.as_(&user).get("/api/v1/auth/me").await.ok();
        assert_eq!(me["username"], "anna");
        assert_eq!(me["grants"][0]["role"], "auditor");
    }
}
