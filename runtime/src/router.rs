//! The endpoints of a hub, as an axum router to nest where the application wants them. Floor 8.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::response::Response;
use axum::routing::any;

use crate::authorize::{Authorize, Identify};
use crate::contract::Realtime;
use crate::guard::{Guard, ReadName};
use crate::hub::Hub;
use crate::hub::node::Node;
use crate::schema::Document;
use crate::transport::origin::Origins;
use crate::transport::problem::Problem;
use crate::transport::{Call, Transport};

impl<E: Realtime> Hub<E> {
    /// The endpoints of this hub, to be nested in the application's router: `GET /sse`, `/ws`, `/poll` and `/schema.json`.
    ///
    /// ```no_run
    /// # use triwire::{Hub, Realtime};
    /// # fn mount<Event: Realtime>(hub: &Hub<Event>) -> axum::Router {
    /// axum::Router::new().nest("/chat", hub.endpoints().into_router())
    /// # }
    /// ```
    pub fn endpoints<S>(&self) -> Endpoints<E, S> {
        Endpoints { node: Arc::clone(&self.node), identify: None, origins: Origins::default(), of: PhantomData }
    }
}

/// The endpoints of a hub, before they become a router.
#[must_use = "`into_router` makes it a router, to be nested in the application's"]
pub struct Endpoints<E: Realtime, S = ()> {
    node: Arc<Node>,
    identify: Option<Identify<S>>,
    origins: Origins,
    of: PhantomData<fn(E)>,
}

impl<E: Realtime, S> Endpoints<E, S> {
    /// Asks `may` before any channel is given to a client, at every subscribe, resume and poll: `async fn(User, Channel) -> Result<(), Denied>`.
    ///
    /// `User` is an extractor, run once for a connection; its rejection is the answer of the request, as it stands. A [`Denied`](crate::Denied)
    /// is answered 403, over a WebSocket an error.
    pub fn authorize<Arguments>(mut self, may: impl Authorize<E, Arguments, S>) -> Self {
        self.identify = Some(may.identify());
        self
    }

    /// Allows pages of these origins (`https://app.example`) to open WebSockets here, and by CORS to read the rest with their cookies.
    /// Pages of the same host need no leave.
    pub fn allow_origins<Name: AsRef<str>>(mut self, origins: impl IntoIterator<Item = Name>) -> Self {
        origins.into_iter().for_each(|origin| self.origins.allow(origin.as_ref()));
        self
    }

    /// The router. It answers everything under the path where it is nested.
    pub fn into_router(self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        if self.identify.is_none() {
            tracing::warn!(events = E::CONTRACT.name, "these endpoints have no `authorize`: whoever reaches them may have every channel");
        }
        let origins = self.origins.clone();
        let read: ReadName = |name| name.parse::<E::Channel>().map(drop);
        let entrance = Arc::new(Entrance { node: self.node, identify: self.identify, origins: self.origins, read });
        let mut router = Router::new();
        for transport in [Transport::Sse, Transport::Ws, Transport::Poll] {
            let entrance = Arc::clone(&entrance);
            let handler = async move |State(state): State<S>, request: Request| entrance.answer(transport, &state, request).await;
            router = router.route(&format!("/{}", transport.name()), any(handler));
        }
        let document = Arc::new(Document::new(&Hub::<E>::schema()));
        let node = Arc::clone(&entrance.node);
        let schema = async move |request: Request| match *request.method() {
            Method::GET | Method::HEAD => document.answer(request.headers()),
            _ => Problem::MethodNotAllowed { allow: "GET, HEAD" }.refuse(&node, "schema.json"),
        };
        let nothing = async move |_: Uri| Problem::NotFound.refuse(&entrance.node, "");
        router = router.route("/schema.json", any(schema)).fallback(nothing);
        if origins.is_empty() { router } else { router.layer(origins.cors()) }
    }
}

/// What every request comes through; it does not know the enum.
struct Entrance<S> {
    node: Arc<Node>,
    identify: Option<Identify<S>>,
    origins: Origins,
    read: ReadName,
}

impl<S> Entrance<S> {
    async fn answer(&self, transport: Transport, state: &S, request: Request) -> Response {
        let (mut parts, _) = request.into_parts();
        let refuse = |problem: Problem| problem.refuse(&self.node, transport.name());
        let call = match Call::read(transport, &mut parts, &self.node, self.read, &self.origins) {
            Ok(call) => call,
            Err(problem) => return refuse(problem),
        };
        let may = match &self.identify {
            None => None,
            Some(identify) => match identify(&mut parts, state).await {
                Ok(may) => Some(may),
                Err(rejection) => {
                    self.node.metrics.refused.fetch_add(1, Relaxed);
                    tracing::debug!(
                        endpoint = transport.name(),
                        status = rejection.status().as_u16(),
                        "refused by the application's extractor"
                    );
                    return rejection;
                }
            },
        };
        call.answer(&self.node, Guard::new(self.read, may)).await.unwrap_or_else(refuse)
    }
}
