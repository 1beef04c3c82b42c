// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
#include "config/option_table.h"

#include "config/message_id.h"
#include "config/mongo_name.h"
#include "config/mongo_uri.h"
#include "config/path.h"
#include "config/pem_file.h"
#include "config/topic_filter.h"

namespace mongo_store::config {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kTiB = 1024 * kGiB;

constexpr std::string_view kStored = "What is stored";
constexpr std::string_view kMongo = "MongoDB";
constexpr std::string_view kDocument = "Documents";
constexpr std::string_view kDelivery = "Delivery";
constexpr std::string_view kJournal = "Journal";

constexpr Option kOptions[] = {
    {.key = "topics",
     .group = kStored,
     .kind = OptionKind::kTextList,
     .field = &Config::topics,
     .default_text = "device/#",
     .max = kTopicFilterBytesMax,
     .accepted = "1 to 64 MQTT topic filters, separated by spaces, each up to 1024 bytes and "
                 "none under $SYS, $CONTROL or $share",
     .check = check_topic_filter,
     .help = "Messages published under one of these topic filters are stored.",
     .consequence = "Messages on other topics are not touched. Subscribers to the stored topics "
                    "receive them as before. Mosquitto does not show wills to plugins, so wills "
                    "are not stored. `device/#` also matches `device` itself. The topic is the "
                    "one that the broker sees, after a listener's `mount_point` is added."},
    {.key = "retained",
     .group = kStored,
     .kind = OptionKind::kChoice,
     .field = &Config::skips_bridged_retained,
     .default_text = "store",
     .choices = {"store", "skip_bridged"},
     .help = "Whether messages with the retain flag are stored: `store` stores them like "
             "others; `skip_bridged` skips those that arrive over a bridge of this broker.",
     .consequence = "A bridge sends all of the other broker's retained messages each time it "
                    "connects; with `store` each of them becomes another document. Skipped "
                    "messages count as `ignored`. With `skip_bridged`, set `try_private false` "
                    "for that bridge, and don't set `bridge_protocol_version mqttv50`. Otherwise, "
                    "a message that is published with the retain flag while the bridge is "
                    "connected keeps that flag here and is never stored. A bridge that the other "
                    "broker runs is an ordinary client: its messages are stored. An empty message "
                    "with the retain flag, which clears a retained message, is always ignored."},
    {.key = "payload_max_bytes",
     .group = kStored,
     .kind = OptionKind::kSize,
     .field = &Config::payload_max_bytes,
     .default_text = "1MiB",
     .min = kKiB,
     .max = 2 * kMiB,
     .unit = "bytes",
     .help = "The largest payload that becomes a document.",
     .consequence = "A larger message is acknowledged and becomes a dead letter with its length "
                    "and its first 64 KiB. Mosquitto's `max_packet_size` (2 MB by default since "
                    "2.1) is checked first."},

    {.key = "mongo_uri",
     .group = kMongo,
     .kind = OptionKind::kUri,
     .field = &Config::mongo_uri,
     .default_text = "mongodb://127.0.0.1:27017",
     .max = 8192,
     .accepted = "a URI that begins with mongodb:// or mongodb+srv://, or a list of hosts such "
                 "as a:27017,b:27017; up to 8192 bytes",
     .check = check_mongo_uri,
     .help = "The address of MongoDB.",
     .consequence = "Name several members of a replica set, and set `replicaSet=`. If the "
                    "database is unreachable at start, the broker starts anyway and keeps "
                    "messages in the journal until the database is available. Put a URI with a "
                    "password in `mongo_uri_file`. The value is never logged."},
    {.key = "mongo_uri_file",
     .group = kMongo,
     .kind = OptionKind::kSecretFile,
     .field = &Config::mongo_uri_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable file that contains what mongo_uri accepts, on one "
                 "line",
     .check = check_path,
     .help = "A file that contains the URI, instead of `mongo_uri`.",
     .consequence = "Read once, at start. The broker refuses to start if both are given in the "
                    "same place."},
    {.key = "mongo_user",
     .group = kMongo,
     .kind = OptionKind::kText,
     .field = &Config::mongo_user,
     .default_text = "",
     .max = 1024,
     .accepted = "up to 1024 bytes of printable UTF-8",
     .help = "The MongoDB user, who needs write access to the database (role `readWrite`).",
     .consequence = "The driver and the server negotiate SCRAM-SHA-256 or SCRAM-SHA-1. The broker "
                    "refuses to start if the URI names a different user."},
    {.key = "mongo_password",
     .group = kMongo,
     .kind = OptionKind::kSecret,
     .field = &Config::mongo_password,
     .default_text = "",
     .max = 1024,
     .accepted = "up to 1024 bytes of printable UTF-8",
     .help = "The user's password.",
     .consequence = "Never logged. Leading and trailing spaces are removed; in a password file "
                    "they are kept. `mongo_password_file` keeps the password out of files and "
                    "environments that others may see, and lets you change it while the broker "
                    "runs."},
    {.key = "mongo_password_file",
     .group = kMongo,
     .kind = OptionKind::kSecretFile,
     .field = &Config::mongo_password_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable file that contains what mongo_password accepts, on "
                 "one line",
     .check = check_path,
     .help = "A file that contains the password, instead of `mongo_password`.",
     .consequence = "Read at start, and again when authentication fails, so you can change the "
                    "password without a restart. The broker's user must be able to read it. The "
                    "broker refuses to start if both are given in the same place."},
    {.key = "mongo_auth_source",
     .group = kMongo,
     .kind = OptionKind::kText,
     .field = &Config::mongo_auth_source,
     .default_text = "",
     .default_words = "the value of `database`",
     .max = kDatabaseBytesMax,
     .accepted = "$external, or a database name: 1 to 63 bytes without / \\ . \" $ * < > : | ? "
                 "or a space",
     .check = check_auth_source,
     .help = "The database that the user authenticates against.",
     .consequence = "The broker refuses to start if the URI names a different one."},
    {.key = "mongo_tls_ca_file",
     .group = kMongo,
     .kind = OptionKind::kFile,
     .field = &Config::mongo_tls_ca_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable PEM file of certificates",
     .check = check_certificate_file,
     .help = "The CA certificates that MongoDB's certificate is verified against.",
     .consequence = "Setting it turns TLS on."},
    {.key = "mongo_tls_certificate_key_file",
     .group = kMongo,
     .kind = OptionKind::kFile,
     .field = &Config::mongo_tls_certificate_key_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable PEM file with a certificate and its private key",
     .check = check_certificate_key_file,
     .help = "The certificate and private key that the plugin presents to MongoDB.",
     .consequence = "Setting it turns TLS on."},
    {.key = "write_concern",
     .group = kMongo,
     .kind = OptionKind::kInteger,
     .field = &Config::write_concern_nodes,
     .default_text = "majority",
     .min = 1,
     .max = 50,
     .unit = "members of the replica set",
     .word = "majority",
     .help = "How many members of the replica set must have a document in their own "
             "journals before it counts as stored.",
     .consequence = "With a number, the guarantee of exactly one document per message is OFF: a "
                    "failover can roll back documents that the plugin already counted as stored "
                    "and no longer keeps. The plugin logs a warning at start."},

    {.key = "database",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::database,
     .default_text = "mongogw",
     .max = kDatabaseBytesMax,
     .accepted = "a database name: 1 to 63 bytes without / \\ . \" $ * < > : | ? or a space",
     .check = check_database_name,
     .help = "The database for documents.",
     .consequence = "If this is not set, a database in the path of `mongo_uri` is used. If both "
                    "are set, they must be the same. Database and collection names together may "
                    "be at most 254 bytes long."},
    {.key = "collection",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::collection,
     .default_text = "devices",
     .max = kNamespaceBytesMax,
     .accepted = "a collection name without $ that does not begin with system.",
     .check = check_collection_name,
     .help = "The collection for documents.",
     .consequence = "A change applies to messages that arrive after it. Messages already in the "
                    "journal are stored with the settings that were in force when they arrived. "
                    "The same applies to every option that changes a document or its destination."},
    {.key = "dead_letter_collection",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::dead_letter_collection,
     .default_text = "devices_dead_letter",
     .max = kNamespaceBytesMax,
     .accepted = "a collection name without $ that does not begin with system. and differs "
                 "from collection",
     .check = check_collection_name,
     .help = "The collection, in the same database, for messages that can't become "
             "documents.",
     .consequence = "Each dead letter contains the payload as received, the topic, the time of "
                    "arrival and the reason."},
    {.key = "gateway_id",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::gateway_id,
     .default_text = "",
     .default_words = "the environment variable `MESOS_TASK_ID`, else the host name",
     .max = 256,
     .accepted = "1 to 256 bytes of printable UTF-8",
     .help = "The value of `gatewayID` in each document: which broker received the "
             "message."},
    {.key = "device_uid",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::device_uid,
     .default_text = "payload",
     .choices = {"payload", "match"},
     .help = "Whether the `uuid` in a payload is trusted: `payload` accepts it as it is; "
             "with `match` it must also equal the topic level that `device_uid_level` "
             "selects.",
     .consequence = "With `match`, a message with a different `uuid` becomes a dead letter "
                    "(`uuid_not_topic`). Together with an access list that lets each device "
                    "publish under its own topic only, this stops a device from writing in "
                    "another's name."},
    {.key = "device_uid_level",
     .group = kDocument,
     .kind = OptionKind::kInteger,
     .field = &Config::device_uid_level,
     .default_text = "2",
     .min = 1,
     .max = 32,
     .unit = "(levels count from 1)",
     .help = "Which level of the topic names the device, for `device_uid match`.",
     .consequence = "Level 2 of `device/d1/data` is `d1`. A listener's `mount_point` is prepended "
                    "to the topic and counts: under `mount_point site1/` the device is level 3 of "
                    "`site1/device/d1/data`. Choose the level that the access list ties to the "
                    "device. The same level applies to all listeners: with `match`, messages "
                    "under a mount point of a different depth become dead letters."},
    {.key = "number_type",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::number_type,
     .default_text = "auto",
     .choices = {"auto", "double"},
     .help = "How numbers are stored: `auto` stores integers exactly, as 32-bit or 64-bit "
             "integers, and other numbers (`1.0`, `1e3`) as doubles; `double` stores all "
             "numbers as doubles.",
     .consequence = "With `auto`, an integer that does not fit in 64 bits makes its message a "
                    "dead letter. With `double`, integers beyond 2^53 lose digits."},
    {.key = "lenient",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::is_lenient,
     .default_text = "off",
     .choices = {"off", "on"},
     .help = "Whether payloads that aren't quite valid JSON also become documents: `on` "
             "accepts common firmware mistakes.",
     .consequence = "`on` accepts NUL, Ctrl-Z (`0x1A`), other control characters and whitespace "
                    "after the object; `NaN`, `inf` and `Infinity`, in any case and with or "
                    "without a sign, stored as null; integers beyond 64 bits, stored as doubles; "
                    "and invalid UTF-8 in text that isn't stored. `uuid`, and all keys and "
                    "strings in `value`, must be valid UTF-8. A message with two objects is still "
                    "a dead letter: one message is one document, and the other object would be "
                    "lost. To convert earlier dead letters, run `dead-letters requeue --lenient`. "
                    "A byte order mark is always accepted."},
    {.key = "metadata",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::has_metadata,
     .default_text = "off",
     .choices = {"off", "on"},
     .help = "Whether documents also contain `topic`, `clientID`, `username`, `qos` and "
             "`retain`."},
    {.key = "clock",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::is_clock_steady,
     .default_text = "system",
     .choices = {"system", "steady"},
     .help = "How `date` is set while the machine's clock can't be right: `system` uses "
             "the clock anyway; `steady` uses the last plausible time plus the time "
             "elapsed since.",
     .consequence = "The clock can't be right if it is before the plugin's build time, or more "
                    "than a minute before the newest message in the journal; the log and the "
                    "status (`clock_suspect`) report this with either setting. At start, the last "
                    "plausible time is the later of these two. `steady` therefore suits a machine "
                    "without a clock that keeps running while the machine is off. If messages "
                    "arrived while the clock was ahead, perhaps by years, and the clock is then "
                    "corrected, `steady` continues from the time ahead; `system` follows the "
                    "clock. Identifiers always increase, so the time in them stays ahead until "
                    "the clock has passed it."},
    {.key = "message_id",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::message_id,
     .default_text = "off",
     .max = kMessageIdOptionBytesMax,
     .accepted = "off, payload:NAME (a field of the payload, not uuid or value) or "
                 "property:NAME (a user property of MQTT 5), the name 1 to 256 bytes",
     .check = check_message_id,
     .help = "Where to find the id that a device gives each message. With it, a message "
             "that a device resends with QoS 1 or 2 is still one document, even through "
             "another broker.",
     .consequence = "Without it, each resend, with QoS 2 as with QoS 1, becomes another document, "
                    "because Mosquitto does not tell plugins which messages are resends. The id "
                    "is a string of up to 256 bytes; in a payload it may also be a whole number. "
                    "If several user properties have the name, the first one counts. A device "
                    "must never use an id for two messages, and must resend a message with the "
                    "same id and content. Use a random UUID for each message, or a counter after "
                    "a random prefix that is generated at each start. A counter that simply "
                    "restarts gives old ids to new messages: those become dead letters "
                    "(`id_conflict`), or count as `duplicates` if the content is the same. The "
                    "document's `_id` is computed from the id, the payload's `uuid`, and the user "
                    "name, or the client id if there is no user name: none of them may change "
                    "between resends. `_id` does not increase with time, so sort by `date` (an "
                    "index on it helps). A message without an id, or with an empty one, becomes a "
                    "document of its own. A message whose id is too long or has the wrong type "
                    "becomes a dead letter (`message_id_too_long`, `message_id_unusable`)."},

    {.key = "batch_max_documents",
     .group = kDelivery,
     .kind = OptionKind::kInteger,
     .field = &Config::batch_max_documents,
     .default_text = "1000",
     .min = 1,
     .max = 10000,
     .unit = "documents",
     .help = "A batch is sent when it contains this many documents."},
    {.key = "batch_max_bytes",
     .group = kDelivery,
     .kind = OptionKind::kSize,
     .field = &Config::batch_max_bytes,
     .default_text = "4MiB",
     .min = 64 * kKiB,
     .max = 32 * kMiB,
     .unit = "bytes",
     .help = "A batch is sent before it would exceed this size.",
     .consequence = "Must be at least `payload_max_bytes`. Each delivery thread holds one batch "
                    "in memory."},
    {.key = "batch_linger_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::batch_linger_ms,
     .default_text = "5",
     .min = 0,
     .max = 10000,
     .unit = "milliseconds",
     .help = "How long to wait after a batch that was not full before reading the next "
             "one, so that it fills up.",
     .consequence = "0 sends available messages at once. The wait delays documents, never "
                    "acknowledgements. After an idle period, the first message is sent at once."},
    {.key = "delivery_threads",
     .group = kDelivery,
     .kind = OptionKind::kInteger,
     .field = &Config::delivery_threads,
     .default_text = "2",
     .min = 1,
     .max = 16,
     .unit = "threads",
     .help = "How many batches are sent concurrently."},
    {.key = "retry_min_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::retry_min_ms,
     .default_text = "100",
     .min = 10,
     .max = 60000,
     .unit = "milliseconds",
     .help = "The pause before the first retry of a failed batch.",
     .consequence = "Later pauses are longer, up to `retry_max_ms`, with random jitter. A batch "
                    "is retried for as long as necessary."},
    {.key = "retry_max_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::retry_max_ms,
     .default_text = "10000",
     .min = 10,
     .max = 600000,
     .unit = "milliseconds",
     .help = "The longest pause between two attempts.",
     .consequence = "Must be at least `retry_min_ms`. Delivery resumes at most this long after "
                    "MongoDB is back."},
    {.key = "shutdown_drain_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::shutdown_drain_ms,
     .default_text = "5000",
     .min = 0,
     .max = 600000,
     .unit = "milliseconds",
     .help = "How long a stopping broker may continue to deliver.",
     .consequence = "Undelivered messages stay in the journal for the next start. Keep it well "
                    "under the time after which your service manager kills the process (systemd "
                    "90 s, Docker 10 s)."},

    {.key = "journal_dir",
     .group = kJournal,
     .kind = OptionKind::kFolder,
     .field = &Config::journal_dir,
     .default_text = "/var/lib/mosquitto/mongo-store",
     .max = kPathBytesMax,
     .accepted = "an absolute path",
     .check = check_absolute_path,
     .help = "The folder of the journals, numbered, one for each broker; created with mode "
             "0700 if it does not exist.",
     .consequence = "Acknowledged messages stay here until MongoDB has them: use a local disk "
                    "that outlives the process and the container. The broker's user must be able "
                    "to write to it. A network file system is refused. Several brokers can share "
                    "the folder: each uses its own journal."},
    {.key = "journal_sync",
     .group = kJournal,
     .kind = OptionKind::kInterval,
     .field = &Config::journal_sync_ms,
     .default_text = "100ms",
     .min = 10,
     .max = 60000,
     .word = "always",
     .help = "When the journal is synced to disk: before each acknowledgement (`always`), "
             "or at this interval.",
     .consequence = "With either setting, an acknowledged message survives a crash or kill of the "
                    "broker. A power loss costs at most the last interval and the time of one "
                    "sync. With `always` it costs nothing, but each message waits for the disk on "
                    "the broker's thread, which limits the rate to the disk's syncs."},
    {.key = "journal_max_bytes",
     .group = kJournal,
     .kind = OptionKind::kSize,
     .field = &Config::journal_max_bytes,
     .default_text = "1GiB",
     .min = 16 * kMiB,
     .max = kTiB,
     .unit = "bytes",
     .help = "The maximum size of this broker's journal on disk, including files set aside "
             "because of damage.",
     .consequence = "It determines how long MongoDB may be unavailable. Above 70 % of it, QoS 0 "
                    "messages are forwarded but not stored. At the limit, QoS 1 and 2 messages "
                    "are refused: the device is disconnected and sends them again later (with "
                    "MQTT 5 on Mosquitto 2.1 it receives an error instead). Closing a connection "
                    "publishes the device's will."},
};

}  // namespace

std::span<const Option> all_options() { return kOptions; }

}  // namespace mongo_store::config
