//! The specification that is published is the one that the code declares.

both_databases! {
    async fn what_is_served_is_what_is_published(server: TestServer) {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/kaofa.json");
        let published = std::fs::read_to_string(file).unwrap_or_default();
        let served = server.client().get("/openapi.json").await;
        assert!(served.text == published, "openapi/kaofa.json is not what the code declares: run `make openapi`");
    }

    async fn the_reference_page_loads_nothing_from_elsewhere(server: TestServer) {
        let page = server.client().get("/docs").await;
        assert!(page.status.is_success());
        let loaded = page.text.split("src=\"").skip(1).chain(page.text.split("<link").skip(1));
        for part in loaded {
            assert!(part.contains("href=\"/docs/style.css\""), "loads {part}");
        }
        assert!(page.text.contains("id=\"log_in\""), "an operation is missing");
        server.client().get("/docs/style.css").await.text.find("body").unwrap();
    }
}
