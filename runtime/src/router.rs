//! The endpoints of a hub, as an axum router to nest where the application wants them. Floor 8.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::Value;

use crate::application::Application;
use crate::authorize::Authorize;
use crate::commands::Handle;
use crate::contract::Realtime;
use crate::documents::Answer;
use crate::hub::Hub;
use crate::identity::{Anyone, Identity};
use crate::snapshot::Snapshot;
#[cfg(feature = "tickets")]
use crate::tickets::{Sealer, TicketSecret, Ticketed};
use crate::tickets::{Unopened, Whence};
use crate::transport::address::Addresses;
use crate::transport::origin::Origins;
use crate::transport::problem::Problem;
use crate::transport::{Call, Transport, command, ticket};
use crate::typescript;

impl<E: Realtime> Hub<E> {
    /// The endpoints of this hub, to be nested in the application's router: `GET /sse`, `/ws` and `/poll`, `POST /commands`, and the
    /// documents of [`Hub::contract`].
    ///
    /// ```no_run
    /// # use triwire::{Hub, Realtime};
    /// # fn mount<Event: Realtime>(hub: &Hub<Event>) -> axum::Router {
    /// axum::Router::new().nest("/chat", hub.endpoints().into_router())
    /// # }
    /// ```
    pub fn endpoints<S>(&self) -> Endpoints<E, S> {
        let application = Application { hub: self.clone(), may: None, commands: None, visible: None, tickets: None, snapshots: None };
        Endpoints { application, origins: Origins::default(), hops: None }
    }
}

/// The endpoints of a hub, before they become a router.
#[must_use = "`into_router` makes it a router, to be nested in the application's"]
pub struct Endpoints<E: Realtime, S = (), U = Anyone> {
    application: Application<E, S, U>,
    origins: Origins,
    hops: Option<usize>,
}

impl<E: Realtime, S> Endpoints<E, S> {
    /// Asks `may` before any channel is given to a client, at every subscribe, resume and poll: `async fn(User, Channel) -> Result<(), Denied>`.
    ///
    /// `User` is an extractor and an [`Identity`], found once for a connection; its rejection is the answer of the request, as it stands. A
    /// [`Denied`](crate::Denied) is answered 403, over a WebSocket an error.
    ///
    /// # Panics
    /// After [`Self::commands`], [`Self::visible`] or [`Self::snapshot`], which are asked by the user that this names.
    pub fn authorize<Arguments, May: Authorize<E, Arguments, S>>(self, may: May) -> Endpoints<E, S, May::User> {
        let Application { hub, commands, visible, snapshots, .. } = self.application;
        let is_first = commands.is_none() && visible.is_none() && snapshots.is_none();
        assert!(is_first, "`authorize` stands before `commands`, `visible` and `snapshot`, for it says who a client is");
        let application = Application { hub, may: Some(may.may()), commands: None, visible: None, tickets: None, snapshots: None };
        Endpoints { application, origins: self.origins, hops: self.hops }
    }
}

impl<E: Realtime, S, U: Identity> Endpoints<E, S, U> {
    /// Takes commands, by WebSocket and `POST /commands`, and has them handled by `async fn(Client<Event, User>, Command) -> Result<Reply,
    /// Rejected>`, with the application's `State` before these if it wants that.
    ///
    /// A handler runs in a task of its own: a client that goes away does not stop it, one that panics or takes longer than
    /// [`Limits::command_time`](crate::Limits::command_time) hurts nobody else.
    pub fn commands<Arguments>(mut self, handler: impl Handle<E, U, Arguments, S>) -> Self {
        self.application.commands = Some(handler.handler());
        self
    }

    /// Says whether a user may see the events of an audience: of variants with `audience = "…"`, whose value this is handed.
    /// Without it nobody may. It is asked where events are read, for each of them: it looks at what it has, and waits for nothing.
    pub fn visible(mut self, visible: impl Fn(&U, &str) -> bool + Send + Sync + 'static) -> Self {
        self.application.visible = Some(Box::new(visible));
        self
    }

    /// Gives the state of a channel to clients that ask for it, by `async fn(Channel) -> State`, or `async fn(User, Channel) -> State` where
    /// it is not the same for everybody; with the application's `State` before these if it wants that. It may return
    /// `(State, Position)`, and says what its state is good for.
    ///
    /// `State` is what the enum names by `state = …`. The function runs in a task of its own, once for all who ask in the same moment.
    pub fn snapshot<Arguments>(mut self, snapshot: impl Snapshot<E, U, Arguments, S>) -> Self {
        self.application.snapshots = Some(snapshot.snapshots());
        self
    }

    /// Gives tickets by `POST /ticket`, and takes them by `?ticket=` on the other endpoints: for those who can set no header, an
    /// `EventSource` and the WebSocket of a browser. Where one is in the query the application's extractor is not asked.
    ///
    /// `POST /ticket` is behind that extractor. A ticket holds the user, sealed with the secret that all nodes share; it opens once on a
    /// node, for requests from the origin that asked for it, for [`Limits::ticket`](crate::Limits::ticket). Over a WebSocket it renews the
    /// connection's identity in place.
    #[cfg(feature = "tickets")]
    pub fn tickets(mut self, secret: &TicketSecret) -> Self
    where
        U: Ticketed,
    {
        let node = Arc::clone(&self.application.hub.node);
        self.application.tickets = Some(Arc::new(Sealer::new(node, secret, E::CONTRACT.name)));
        self
    }

    /// Allows pages of these origins (`https://app.example`, or all with TLS that are below one, `.app.example`) to open WebSockets and to
    /// send commands here, and by CORS to read the rest with their cookies. Pages of the same host need no leave.
    pub fn allow_origins<Name: AsRef<str>>(mut self, origins: impl IntoIterator<Item = Name>) -> Self {
        origins.into_iter().for_each(|origin| self.origins.allow(origin.as_ref()));
        self
    }

    /// Says how many proxies stand between clients and this server, so that limits per address know whom to count: the address of a client is
    /// the one that the outermost of them adds to `X-Forwarded-For`, which is so many from the right. With 0 there is none, and it is the
    /// connection's own.
    ///
    /// Unless this is said, the header is not looked at, for anybody may write one, and a connection from a private address is not counted,
    /// for it is most likely a proxy's.
    pub fn trust_forwarded(mut self, hops: usize) -> Self {
        self.hops = Some(hops);
        self
    }

    /// The router. It answers everything under the path where it is nested.
    ///
    /// # Panics
    /// Without [`Self::authorize`], where a template of the enum has `presence`: who is in is told by the key of an identity.
    pub fn into_router(self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
        U: FromRequestParts<S>,
    {
        let is_known = self.application.may.is_some() || !E::CONTRACT.tells_presence();
        assert!(is_known, "`{}` has `presence`, and without `authorize` nobody knows who is in: write `.authorize(…)`", E::CONTRACT.name);
        if self.application.may.is_none() {
            tracing::warn!(events = E::CONTRACT.name, "these endpoints have no `authorize`: whoever reaches them may have every channel");
        }
        let origins = self.origins.clone();
        let addresses = Addresses::new(self.hops);
        let entrance = Arc::new(Entrance { application: Arc::new(self.application), origins: self.origins, addresses });
        let mut router = Router::new();
        for transport in [Transport::Sse, Transport::Ws, Transport::Poll] {
            let entrance = Arc::clone(&entrance);
            let handler = async move |State(state): State<S>, request: Request| entrance.answer(transport, &state, request).await;
            router = router.route(&format!("/{}", transport.name()), any(handler));
        }
        let commands = {
            let entrance = Arc::clone(&entrance);
            async move |State(state): State<S>, request: Request| entrance.command(&state, request).await
        };
        router = router.route("/commands", any(commands));
        if entrance.application.tickets.is_some() {
            let entrance = Arc::clone(&entrance);
            let ticket = async move |State(state): State<S>, request: Request| entrance.ticket(&state, request).await;
            router = router.route("/ticket", any(ticket));
        }
        let core = typescript::CORE.map(|(name, text)| (name, text.to_owned()));
        for (name, document) in Hub::<E>::contract().files(Value::to_string, "./triwire.js").into_iter().chain(core) {
            let document = Arc::new(Answer::new(name, document));
            let node = Arc::clone(&entrance.application.hub.node);
            let answer = async move |request: Request| match *request.method() {
                Method::GET | Method::HEAD => document.answer(request.headers()),
                _ => Problem::MethodNotAllowed { allow: "GET, HEAD" }.refuse(&node, name),
            };
            router = router.route(&format!("/{name}"), any(answer));
        }
        let nothing = async move |_: Uri| Problem::NotFound.refuse(&entrance.application.hub.node, "");
        router = router.fallback(nothing);
        if origins.is_empty() { router } else { router.layer(origins.cors()) }
    }
}

/// What every request comes through.
struct Entrance<E: Realtime, S, U> {
    application: Arc<Application<E, S, U>>,
    origins: Origins,
    addresses: Addresses,
}

impl<E: Realtime, S: Clone + Send + Sync + 'static, U: Identity + FromRequestParts<S>> Entrance<E, S, U> {
    async fn answer(&self, transport: Transport, state: &S, request: Request) -> Response {
        let node = &self.application.hub.node;
        let (mut parts, _) = request.into_parts();
        let refuse = |problem: Problem| problem.refuse(node, transport.name());
        let call = match Call::read(transport, &mut parts, node, self.application.read(), &self.origins) {
            Ok(call) => call,
            Err(problem) => return refuse(problem),
        };
        let whence = self.whence(&parts);
        let user = match self.user(transport.name(), &mut parts, state, whence.as_ref()).await {
            Ok(user) => user,
            Err(Unknown::Rejected(rejection)) => return rejection,
            Err(Unknown::Unopened(Unopened::Busy)) => {
                let nobody = self.application.guard(None, state, None, None);
                return call.busy(node, nobody).await.unwrap_or_else(refuse);
            }
            Err(Unknown::Unopened(unopened)) => return refuse(Problem::of_ticket(unopened, node)),
        };
        call.answer(node, self.application.guard(user, state, whence, self.addresses.of(&parts))).await.unwrap_or_else(refuse)
    }

    async fn command(&self, state: &S, request: Request) -> Response {
        let node = &self.application.hub.node;
        let (mut parts, body) = request.into_parts();
        let refuse = |problem: Problem| problem.refuse(node, "commands");
        if let Err(problem) = command::check(&parts, &self.origins) {
            return refuse(problem);
        }
        let whence = self.whence(&parts);
        let user = match self.user("commands", &mut parts, state, whence.as_ref()).await {
            Ok(user) => user,
            Err(Unknown::Rejected(rejection)) => return rejection,
            Err(Unknown::Unopened(unopened)) => return refuse(Problem::of_ticket(unopened, node)),
        };
        let guard = self.application.guard(user, state, whence, self.addresses.of(&parts));
        command::answer(node, guard, &parts.headers, body).await.unwrap_or_else(refuse)
    }

    /// Gives a ticket, to whom the application's extractor lets in: a ticket itself is not enough, or one would lead to the next for ever.
    async fn ticket(&self, state: &S, request: Request) -> Response {
        let node = &self.application.hub.node;
        let (mut parts, _) = request.into_parts();
        let refuse = |problem: Problem| problem.refuse(node, "ticket");
        let (Some(tickets), Some(whence)) = (&self.application.tickets, self.whence(&parts)) else { return refuse(Problem::NotFound) };
        if let Err(problem) = command::check(&parts, &self.origins) {
            return refuse(problem);
        }
        let user = match self.known("ticket", &mut parts, state).await {
            Ok(user) => user,
            Err(rejection) => return rejection,
        };
        tickets.seal(&user, &whence).map_or_else(|| refuse(Problem::Internal), |sealed| ticket::answer(&sealed))
    }

    /// Where a request comes from, where tickets are taken.
    fn whence(&self, parts: &Parts) -> Option<Whence> {
        self.application.tickets.is_some().then(|| Origins::whence(&parts.uri, &parts.headers))
    }

    /// Finds out who a request is from, where the application asks: by the ticket in its query, or else by the application's extractor.
    async fn user(&self, endpoint: &str, parts: &mut Parts, state: &S, whence: Option<&Whence>) -> Result<Option<U>, Unknown> {
        if !self.application.asks() {
            return Ok(None);
        }
        if let (Some(tickets), Some(whence)) = (&self.application.tickets, whence)
            && let Some(ticket) = ticket::of_query(parts.uri.query().unwrap_or_default())
        {
            return tickets.open(&ticket, whence).map(Some).map_err(Unknown::Unopened);
        }
        self.known(endpoint, parts, state).await.map(Some).map_err(Unknown::Rejected)
    }

    /// Asks the application's extractor, or gives its own refusal.
    async fn known(&self, endpoint: &str, parts: &mut Parts, state: &S) -> Result<U, Response> {
        U::from_request_parts(parts, state).await.map_err(|rejection| {
            let rejection = rejection.into_response();
            self.application.hub.node.metrics.refused.fetch_add(1, Relaxed);
            tracing::debug!(endpoint, status = rejection.status().as_u16(), "refused by the application's extractor");
            rejection
        })
    }
}

/// Somebody whom nobody knows.
enum Unknown {
    /// What the application's extractor answers.
    Rejected(Response),
    Unopened(Unopened),
}
