//! A template without a word is called after its parameters.

use schemars::JsonSchema;
use serde::Serialize;
use triwire::Realtime;

#[derive(Realtime, Serialize, JsonSchema)]
enum TenantEvent {
    #[realtime(channel = "{tenant}/{user_id}")]
    Member { user_id: u64, tenant: String },
    #[realtime(channel = "{tenant}")]
    All { tenant: String },
}

fn main() {
    let member = TenantChannel::tenant_user_id("acme", 7);
    assert_eq!(member, TenantChannel::TenantUserId { tenant: "acme".into(), user_id: 7 });
    assert_eq!(member.to_string(), "acme/7");
    assert_eq!("acme/7".parse(), Ok(member));
    assert_eq!("acme".parse(), Ok(TenantChannel::tenant("acme")));
    // The parameters stand in the template's order, whatever the fields' is.
    let event = TenantEvent::Member { user_id: 7, tenant: "ac me".into() };
    assert_eq!(event.route().channel, Ok("ac%20me/7".to_owned()));
}
