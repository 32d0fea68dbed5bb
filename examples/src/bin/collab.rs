//! A shared board: notes that are where everybody has put them, who is here, and where they point.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use triwire::{Client, Denied, Hub, Position, Realtime, Rejected};
use triwire_examples::{User, serve};

/// How many boards there are at most; and notes on each, and letters on each of these. Yours would be rows of a database.
const BOARDS: usize = 256;
const NOTES: usize = 200;
const TEXT: usize = 280;

/// What happens on a board.
#[derive(Realtime, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[realtime(commands = BoardCommand, state = Board)]
enum BoardEvent {
    /// A note is there now.
    #[realtime(channel = "board:{board}", presence)]
    Put { board: String, id: String, note: Note },
    /// A note is gone.
    #[realtime(channel = "board:{board}")]
    Taken { board: String, id: String },
    /// Somebody points there: worth seeing now, not worth replaying.
    #[realtime(channel = "board:{board}", volatile)]
    Pointer { board: String, by: String, x: f64, y: f64 },
}

triwire::contract!(BoardEvent);

/// What the page asks for.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum BoardCommand {
    /// Puts a note there, or elsewhere.
    Put { board: String, id: String, x: f64, y: f64, text: String },
    /// Takes one off.
    Take { board: String, id: String },
    /// Shows where one points.
    Point { board: String, x: f64, y: f64 },
}

/// Of a board's width and height, from 0 to 1.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Note {
    x: f64,
    y: f64,
    text: String,
    /// Who put it there last.
    by: String,
}

/// What is on a board: what a page begins with.
#[derive(Clone, Default, Serialize, JsonSchema)]
struct Board {
    notes: BTreeMap<String, Note>,
}

/// A board, and the position of the newest event that is in it.
type Kept = (Board, Option<Position>);

/// All boards. What of one is kept changes together, under one lock.
#[derive(Clone, Default)]
struct Boards(Arc<Mutex<HashMap<String, Kept>>>);

/// Whoever says their name may be here: yours would look at the board.
async fn may_be_here(user: User, _: BoardChannel) -> Result<(), Denied> {
    if user.name.is_empty() { Err(Denied) } else { Ok(()) }
}

/// The state of a board and what it is good for, so that an event is in it or comes after it, and never both.
async fn board(State(Boards(boards)): State<Boards>, BoardChannel::Board { board }: BoardChannel) -> Kept {
    boards.lock().await.get(&board).cloned().unwrap_or_default()
}

async fn handle(State(boards): State<Boards>, client: Client<BoardEvent, User>, command: BoardCommand) -> Result<(), Rejected> {
    let by = client.user().name.clone();
    let is_here = |x: f64, y: f64| (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y);
    match command {
        BoardCommand::Point { board, x, y } if is_here(x, y) => {
            client.publish(BoardEvent::Pointer { board, by, x, y }).await?;
            Ok(())
        }
        BoardCommand::Put { board, id, x, y, text } if is_here(x, y) && text.chars().count() <= TEXT && id.len() <= 64 => {
            let note = Note { x, y, text, by };
            let event = BoardEvent::Put { board: board.clone(), id: id.clone(), note: note.clone() };
            boards.change(&client, board, event, |notes| drop(notes.insert(id, note))).await
        }
        BoardCommand::Take { board, id } => {
            let event = BoardEvent::Taken { board: board.clone(), id: id.clone() };
            boards.change(&client, board, event, |notes| drop(notes.remove(&id))).await
        }
        BoardCommand::Point { .. } | BoardCommand::Put { .. } => Err(Rejected::new("outside", "That does not fit on a board.")),
    }
}

impl Boards {
    /// Publishes what happens to a board's notes, and lets it happen: neither is done without the other.
    async fn change(
        &self,
        client: &Client<BoardEvent, User>,
        board: String,
        event: BoardEvent,
        change: impl FnOnce(&mut BTreeMap<String, Note>),
    ) -> Result<(), Rejected> {
        let mut boards = self.0.lock().await;
        let (mut next, _) = boards.get(&board).cloned().unwrap_or_default();
        change(&mut next.notes);
        if next.notes.len() > NOTES || (boards.len() >= BOARDS && !boards.contains_key(&board)) {
            return Err(Rejected::new("full", "There is no room for more."));
        }
        let position = client.publish(event).await?;
        boards.insert(board, (next, position));
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::<BoardEvent>::new();
    let endpoints = hub.endpoints().authorize(may_be_here).commands(handle).snapshot(board);
    let app = Router::new().nest("/collab", endpoints.into_router()).with_state(Boards::default());
    serve("collab", include_str!("collab.html"), app, hub).await
}
