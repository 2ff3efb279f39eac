//! The shared scenarios of adapters (`tests/vectors/adapter.json`), with the Rust clients.

mod call;
mod compare;
mod elsewhere;
mod reqwest_client;
mod scenario;
mod tower_client;

use serde_json::{Value, json};
use tests::vectors;

use self::{
    call::{Client, Outcome},
    reqwest_client::Reqwest,
    scenario::run,
    tower_client::Hyper,
};

fn scenarios() -> Outcome<Vec<Value>> {
    let text = std::fs::read_to_string(vectors::folder().join("adapter.json"))?;
    let file: Value = serde_json::from_str(&text)?;
    Ok(file["cases"].as_array().ok_or("no cases")?.clone())
}

async fn every_scenario_of_the_index<C: Client>() -> Outcome {
    let scenarios = scenarios()?;
    let mut failures = Vec::new();
    for scenario in &scenarios {
        if let Err(error) = run::<C>(scenario).await {
            failures.push(format!("{}: {error}", scenario["id"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let index = vectors::load_index(&vectors::folder());
    assert_eq!(scenarios.len(), index.scenarios[0].cases);
    let several = scenarios.iter().filter(|scenario| scenario["outcomes"].as_array().is_some_and(|all| all.len() > 1));
    let mut several: Vec<_> = several.filter_map(|scenario| scenario["id"].as_str()).collect();
    let mut told: Vec<_> = C::OUTCOMES.iter().map(|(id, _)| *id).collect();
    several.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, several, "an outcome for each scenario that has several, and for no other");
    Ok(())
}

#[tokio::test]
async fn reqwest_with_middleware() -> Outcome {
    every_scenario_of_the_index::<Reqwest>().await
}

#[tokio::test]
async fn hyper_in_a_stack_of_tower() -> Outcome {
    every_scenario_of_the_index::<Hyper>().await
}

#[tokio::test]
async fn the_runner_can_fail() -> Outcome {
    let scenarios = scenarios()?;
    for id in ["adapter-plain", "adapter-body-as-it-was", "adapter-token-refused", "adapter-401-once"] {
        let scenario = scenarios.iter().find(|scenario| scenario["id"] == id).ok_or(id)?;
        for (member, value) in scenario["outcomes"][0].as_object().ok_or(id)? {
            let other = value.as_u64().map_or_else(|| json!([]), |number| json!(number + 1));
            if other == *value {
                continue;
            }
            let mut bent = scenario.clone();
            bent["outcomes"][0][member] = other;
            assert!(run::<Reqwest>(&bent).await.is_err(), "{id} {member}");
        }
    }
    Ok(())
}
