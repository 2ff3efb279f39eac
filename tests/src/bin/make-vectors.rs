//! Writes `tests/vectors/id-token.json` and `tests/vectors/index.json`; changes nothing when nothing has changed.

fn main() -> std::io::Result<()> {
    tests::make::write_all()
}
