//! The server's own log: ids of requests, and nothing about anybody.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::{Serving, done, folder, kaofa};

#[tokio::test]
async fn the_servers_log_names_requests_and_nobody() {
    for format in ["json", "text"] {
        let folder = folder();
        let create =
            ["account", "create-security-admin", "--username", "zhang.wei", "--district", "示范区", "--code", "430202"];
        let printed = done(&mut kaofa(folder.path(), &create));
        let password = printed.lines().find_map(|l| l.strip_prefix("password:")).unwrap().trim().to_owned();
        let mut command =
            kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--log", "debug", "--log-format", format]);
        let file = folder.path().join("log.txt");
        command.stderr(Stdio::from(std::fs::File::create(&file).unwrap()));
        let serving = Serving::start_with(command);
        let (http, base) = (reqwest::Client::new(), serving.address.clone());
        let login = |password: &str| {
            let body = json!({ "username": "zhang.wei", "password": password });
            http.post(format!("{base}/api/v1/auth/login")).json(&body).send()
        };
        assert_eq!(login("wrong password of mine").await.unwrap().status(), 401);
        let answer = login(&password).await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
        let replace = json!({ "password": password, "new_password": "another password of mine" });
        let send =
            |path: &str, body: &Value| http.post(format!("{base}/api/v1{path}")).bearer_auth(&token).json(body).send();
        assert!(send("/auth/password", &replace).await.unwrap().status().is_success());
        let account = json!({ "username": "li.na", "display_name": "李娜", "password": "first password of hers" });
        assert!(send("/accounts", &account).await.unwrap().status().is_success());
        // What the database refuses, and what nobody expects.
        assert!(!send("/accounts", &account).await.unwrap().status().is_success());
        assert!(
            !send("/accounts", &json!({ "username": "王芳", "phone": "13900000000" }))
                .await
                .unwrap()
                .status()
                .is_success()
        );
        let page = http.get(format!("{base}/login?next=/people%3Fq%3D李娜")).header("cookie", "kaofa=abcdefabcdef");
        assert!(page.send().await.unwrap().status().is_success());
        tokio::time::sleep(Duration::from_millis(100)).await;
        serving.signal("TERM");
        assert_eq!(serving.end(), Some(0));

        let log = std::fs::read_to_string(&file).unwrap();
        assert!(log.contains(&id), "the request is found by its id:\n{log}");
        for secret in [
            "zhang.wei",
            "li.na",
            "李娜",
            "王芳",
            "13900000000",
            "127.0.0.1:0",
            password.as_str(),
            token.as_str(),
            "wrong password",
            "another password",
            "first password",
            "abcdefabcdef",
            "%E6%9D%8E",
        ] {
            assert!(!log.contains(secret), "{secret} in\n{log}");
        }
        if format == "json" {
            for line in log.lines() {
                serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            }
        }
    }
}
