//! `hookgate init`: the file that it writes is good, and it never writes over one.

use std::fs;

use hookgate_tests::Gateway;

#[tokio::test]
async fn the_starter_file_checks_and_is_not_written_over() {
    let gateway = Gateway::prepare("");

    let written = gateway.run(&["init", "starter.toml"]).await;
    let checked = gateway.run(&["check", "--config", "starter.toml"]).await;
    let path = gateway.folder().join("starter.toml");
    fs::write(&path, "mine").expect("the folder is writable");
    let again = gateway.run(&["init", "starter.toml"]).await;
    let nowhere = gateway.run(&["init", "no-such-folder/starter.toml"]).await;

    assert_eq!((written.code, checked.code), (Some(0), Some(0)), "{written:?} {checked:?}");
    assert!(written.out.contains("hookgate check --config starter.toml"), "{written:?}");
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.err.contains("stays as it is"), "{again:?}");
    assert_eq!(fs::read_to_string(path).expect("it is there"), "mine");
    assert!(nowhere.err.contains("cannot be written"), "{nowhere:?}");
}
