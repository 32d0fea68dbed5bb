//! nginx with the module nchan, as Debian packages both: its configuration, and publishing by its HTTP endpoint.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use memchr::memmem;

use crate::event::Publish;

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
/// How long nginx has to begin.
const BEGIN: Duration = Duration::from_secs(5);

/// What starts it, and where it will listen. It has its files beside our programs.
pub(super) fn command(cores: usize) -> Result<(Command, SocketAddr), String> {
    if !Path::new(MODULE).exists() {
        return Err("Debian's package `libnginx-mod-nchan` is not installed".into());
    }
    // Let go at once: nginx takes a number, not a socket.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let address = free.map_err(|error| error.to_string())?;
    let folder = std::env::current_exe().map_err(|error| error.to_string())?.with_file_name("nchan");
    let file = folder.join("nginx.conf");
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, configuration(address, cores)));
    written.map_err(|error| format!("{}: {error}", file.display()))?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&folder).arg("-c").arg(&file);
    Ok((command, address))
}

fn configuration(address: SocketAddr, cores: usize) -> String {
    let location = |path: &str, subscriber: &str| {
        format!(
            "location = /{path} {{ nchan_subscriber {subscriber}; nchan_channel_id $arg_channel; nchan_channel_id_split_delimiter ',';\nnchan_subscriber_first_message newest; }}\n"
        )
    };
    format!(
        "load_module {MODULE};\ndaemon off;\nuser root;\nworker_processes {cores};\npid nginx.pid;\nerror_log error.log;\n\
         events {{ worker_connections 60000; }}\nhttp {{\naccess_log off;\nkeepalive_requests 100000000;\nkeepalive_timeout 1h;\n\
         nchan_message_buffer_length 256;\nnchan_message_timeout 5m;\nnchan_max_channel_id_length 8192;\n\
         client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n\
         server {{\nlisten {address} backlog=4096;\n{}{}{}\
         location = /publish {{ nchan_publisher; nchan_channel_id $arg_channel; }}\n}}\n}}\n",
        location("ws", "websocket"),
        location("sse", "eventsource"),
        location("poll", "longpoll"),
    )
}

/// Waits until it listens, and connects.
pub(super) fn connect(address: SocketAddr) -> Result<TcpStream, String> {
    let begun = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(error) if begun.elapsed() > BEGIN => return Err(format!("nginx does not listen: {error}")),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Posts the events, all of them before it reads what nginx says of them.
pub(super) fn publish(stream: &mut TcpStream, publish: Publish) -> io::Result<()> {
    let (mut requests, mut count) = (Vec::new(), 0);
    for event in publish.events() {
        let (json, room) = (event.json(), event.room());
        let head = format!("POST /publish?channel=room:{room} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", json.len());
        requests.extend([head, json].concat().into_bytes());
        count += 1;
    }
    stream.write_all(&requests)?;
    let (mut said, mut buffer, mut answered) = (Vec::new(), [0; 4_096], 0);
    while answered < count {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        said.extend_from_slice(&buffer[..read]);
        answered = memmem::find_iter(&said, b"HTTP/1.1 20").count();
    }
    Ok(())
}
