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

constexpr std::string_view kTaken = "What is stored";
constexpr std::string_view kMongo = "MongoDB";
constexpr std::string_view kDocument = "Documents";
constexpr std::string_view kDelivery = "Delivery";
constexpr std::string_view kJournal = "Journal";

constexpr Option kOptions[] = {
    {.key = "topics",
     .group = kTaken,
     .kind = OptionKind::kTextList,
     .field = &Config::topics,
     .default_text = "device/#",
     .max = kTopicFilterBytesMax,
     .accepted = "1 to 64 MQTT topic filters, separated by blanks, each up to 1024 bytes and none "
                 "under $SYS, $CONTROL or $share",
     .check = check_topic_filter,
     .help = "What is published under one of these topic filters is stored.",
     .consequence = "Messages on other topics are not touched. Subscribers of the stored topics "
                    "receive them as before. Wills do not reach plugins in Mosquitto and are not "
                    "stored. `device/#` also matches `device` itself. The topic is taken as the "
                    "broker sees it, after a listener's `mount_point`."},
    {.key = "retained",
     .group = kTaken,
     .kind = OptionKind::kChoice,
     .field = &Config::skips_bridged_retained,
     .default_text = "store",
     .choices = {"store", "skip_bridged"},
     .help = "Whether publishes with the retain flag are stored: `store` stores them like others; "
             "`skip_bridged` leaves out those that come over a bridge of this broker.",
     .consequence =
         "A bridge brings all that its other broker retains again each time it connects; with "
         "`store` each of these becomes one more document. What is left out counts as `ignored`. "
         "Set `try_private false` and no `bridge_protocol_version mqttv50` for that bridge: else "
         "a message that is published with the retain flag while the bridge is connected has "
         "that flag here, too, and is never stored. A bridge that the other broker runs is a "
         "client like any other: what it brings is stored. An empty publish with the retain flag, "
         "which clears a retained message, is always ignored."},
    {.key = "payload_max_bytes",
     .group = kTaken,
     .kind = OptionKind::kSize,
     .field = &Config::payload_max_bytes,
     .default_text = "1MiB",
     .min = kKiB,
     .max = 2 * kMiB,
     .unit = "bytes",
     .help = "The largest payload that becomes a document.",
     .consequence = "A larger one is acknowledged and becomes a dead letter that holds its length "
                    "and its first 64 KiB. Mosquitto's `max_packet_size` (2 MB by default since "
                    "2.1) still applies before it."},

    {.key = "mongo_uri",
     .group = kMongo,
     .kind = OptionKind::kUri,
     .field = &Config::mongo_uri,
     .default_text = "mongodb://127.0.0.1:27017",
     .max = 8192,
     .accepted = "a URI that begins with mongodb:// or mongodb+srv://, or a list of hosts such as "
                 "a:27017,b:27017; up to 8192 bytes",
     .check = check_mongo_uri,
     .help = "Where MongoDB is.",
     .consequence = "Name several members of a replica set, and `replicaSet=` with them. A "
                    "database that is away at start is no error: the broker starts and keeps "
                    "messages in the journal until it is there. A URI that holds a password "
                    "belongs into `mongo_uri_file`; its value is never logged either way."},
    {.key = "mongo_uri_file",
     .group = kMongo,
     .kind = OptionKind::kSecretFile,
     .field = &Config::mongo_uri_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable file that holds what mongo_uri accepts, in one line",
     .check = check_path,
     .help = "A file that holds the URI, instead of `mongo_uri`.",
     .consequence = "Read once, at start. Giving both forms in one place refuses start-up."},
    {.key = "mongo_user",
     .group = kMongo,
     .kind = OptionKind::kText,
     .field = &Config::mongo_user,
     .default_text = "",
     .max = 1024,
     .accepted = "up to 1024 bytes of printable UTF-8",
     .help = "The user who may write to the database (role `readWrite`).",
     .consequence = "The driver and the server agree on SCRAM-SHA-256 or SCRAM-SHA-1. A user that "
                    "differs from the URI's refuses start-up."},
    {.key = "mongo_password",
     .group = kMongo,
     .kind = OptionKind::kSecret,
     .field = &Config::mongo_password,
     .default_text = "",
     .max = 1024,
     .accepted = "up to 1024 bytes of printable UTF-8",
     .help = "That user's password.",
     .consequence = "Never logged. Blanks around it are not part of it; a file keeps them. "
                    "`mongo_password_file` keeps it out of files and environments "
                    "that others may see, and lets it change while the broker runs."},
    {.key = "mongo_password_file",
     .group = kMongo,
     .kind = OptionKind::kSecretFile,
     .field = &Config::mongo_password_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable file that holds what mongo_password accepts, in one line",
     .check = check_path,
     .help = "A file that holds the password, instead of `mongo_password`.",
     .consequence = "Read at start, and again when authentication fails, so that a password can "
                    "be changed without a restart. The broker's user must be able to read it. "
                    "Giving both forms in one place refuses start-up."},
    {.key = "mongo_auth_source",
     .group = kMongo,
     .kind = OptionKind::kText,
     .field = &Config::mongo_auth_source,
     .default_text = "",
     .default_words = "the value of `database`",
     .max = kDatabaseBytesMax,
     .accepted = "$external, or a database name: 1 to 63 bytes without / \\ . \" $ * < > : | ? or "
                 "a blank",
     .check = check_auth_source,
     .help = "The database that knows the user.",
     .consequence = "One that differs from the URI's refuses start-up."},
    {.key = "mongo_tls_ca_file",
     .group = kMongo,
     .kind = OptionKind::kFile,
     .field = &Config::mongo_tls_ca_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable PEM file of certificates",
     .check = check_certificate_file,
     .help = "The certificates of the authorities that MongoDB's certificate must come from.",
     .consequence = "Giving it switches TLS on."},
    {.key = "mongo_tls_certificate_key_file",
     .group = kMongo,
     .kind = OptionKind::kFile,
     .field = &Config::mongo_tls_certificate_key_file,
     .default_text = "",
     .max = kPathBytesMax,
     .accepted = "the path of a readable PEM file of a certificate and its private key",
     .check = check_certificate_key_file,
     .help = "The certificate and the private key that the plugin shows to MongoDB.",
     .consequence = "Giving it switches TLS on."},
    {.key = "write_concern",
     .group = kMongo,
     .kind = OptionKind::kInteger,
     .field = &Config::write_concern_nodes,
     .default_text = "majority",
     .min = 1,
     .max = 50,
     .unit = "members of the replica set",
     .word = "majority",
     .help = "How many members of the replica set must have a document, in their own journals, "
             "before it counts as stored.",
     .consequence = "With a number the promise of exactly one document for each message is OFF: "
                    "a failover can take documents back that the plugin already counted as stored "
                    "and no longer keeps. The plugin warns of it at start."},

    {.key = "database",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::database,
     .default_text = "mongogw",
     .max = kDatabaseBytesMax,
     .accepted = "a database name: 1 to 63 bytes without / \\ . \" $ * < > : | ? or a blank",
     .check = check_database_name,
     .help = "The database that documents go to.",
     .consequence =
         "Where this isn't given, a database in the path of `mongo_uri` is it; where both "
         "are, they have to be the same. With the collection's name it may take 254 bytes."},
    {.key = "collection",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::collection,
     .default_text = "devices",
     .max = kNamespaceBytesMax,
     .accepted = "a collection name without $, not beginning with system.",
     .check = check_collection_name,
     .help = "The collection that documents go to.",
     .consequence = "A change holds for what arrives afterwards: what waits in the journal goes "
                    "where it was meant to go when it arrived. This is so with every option that "
                    "alters a document or its target."},
    {.key = "dead_letter_collection",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::dead_letter_collection,
     .default_text = "devices_dead_letter",
     .max = kNamespaceBytesMax,
     .accepted = "a collection name without $, not beginning with system., other than collection",
     .check = check_collection_name,
     .help = "The collection, in the same database, for messages that can not become documents.",
     .consequence = "Each dead letter holds the payload as it came, the topic, the time of arrival "
                    "and the reason."},
    {.key = "gateway_id",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::gateway_id,
     .default_text = "",
     .default_words = "the environment variable `MESOS_TASK_ID`, else the host name",
     .max = 256,
     .accepted = "1 to 256 bytes of printable UTF-8",
     .help = "What goes into each document as `gatewayID`: which broker took the message."},
    {.key = "device_uid",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::device_uid,
     .default_text = "payload",
     .choices = {"payload", "match"},
     .help = "Whether a device is believed: `payload` takes the payload's `uuid` as it is; with "
             "`match` it must also be the level of the topic that `device_uid_level` says.",
     .consequence = "With `match`, a message whose `uuid` is another becomes a dead letter "
                    "(`uuid_not_topic`). Together with an access list that lets each device "
                    "publish under its own topic only, no device can write in another's name."},
    {.key = "device_uid_level",
     .group = kDocument,
     .kind = OptionKind::kInteger,
     .field = &Config::device_uid_level,
     .default_text = "2",
     .min = 1,
     .max = 32,
     .unit = "(levels count from 1)",
     .help = "Which level of the topic names the device, for `device_uid match`.",
     .consequence = "The 2nd of `device/d1/data` is `d1`. A listener's `mount_point` stands before "
                    "the topic and counts: under `mount_point site1/` it is the 3rd of "
                    "`site1/device/d1/data`. Choose the level that the access list ties to the "
                    "device. It is one for all listeners: with `match`, what comes under a mount "
                    "point of another depth becomes a dead letter."},
    {.key = "number_type",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::number_type,
     .default_text = "auto",
     .choices = {"auto", "double"},
     .help = "How numbers are stored: `auto` stores integers as 32 or 64 bit integers, exactly, "
             "and others (`1.0`, `1e3`) as doubles; `double` stores all as doubles.",
     .consequence = "With `auto` an integer that 64 bits can not hold makes its message a dead "
                    "letter. With `double` integers beyond 2^53 lose digits."},
    {.key = "lenient",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::is_lenient,
     .default_text = "off",
     .choices = {"off", "on"},
     .help =
         "Whether a payload that isn't quite JSON becomes a document as well: `on` accepts what "
         "firmware often gets wrong.",
     .consequence =
         "`on` accepts NUL, Ctrl-Z (`0x1A`), other control characters and blanks after the object; "
         "`NaN`, `inf` and `Infinity`, in any case and with or without a sign, and stores null for "
         "them; integers beyond 64 bits, and stores doubles; and text that isn't UTF-8 where it "
         "isn't stored: `uuid`, and all keys and strings in `value`, must be. Two objects in one "
         "message stay a dead letter, as one message is one document and the other object would be "
         "lost. `dead-letters requeue --lenient` makes documents of what came before it was on. A "
         "byte order mark is accepted either way."},
    {.key = "metadata",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::has_metadata,
     .default_text = "off",
     .choices = {"off", "on"},
     .help = "Whether documents also hold `topic`, `clientID`, `username`, `qos` and `retain`."},
    {.key = "clock",
     .group = kDocument,
     .kind = OptionKind::kChoice,
     .field = &Config::is_clock_steady,
     .default_text = "system",
     .choices = {"system", "steady"},
     .help = "What becomes `date` while the machine's clock can not be right: `system` is what it "
             "says; `steady` is the last time that could be right, and what has passed since.",
     .consequence =
         "It can not be right while it says a time before the plugin was built, or more than a "
         "minute before the newest message in the journal; the log and the status "
         "(`clock_suspect`) say so either way. At a start the last time that could be right is "
         "the later one of these two. So `steady` suits a machine without a clock that runs on "
         "while it is off. Where messages arrived while the clock was ahead, by years perhaps, and "
         "it was set right, `steady` goes on from that time ahead; `system` follows the clock. "
         "Identifiers rise in any case, so their own time stays ahead until the clock has passed "
         "it."},
    {.key = "message_id",
     .group = kDocument,
     .kind = OptionKind::kText,
     .field = &Config::message_id,
     .default_text = "off",
     .max = kMessageIdOptionBytesMax,
     .accepted = "off, payload:NAME (a field of the payload, not uuid or value) or property:NAME "
                 "(a user property of MQTT 5), the name 1 to 256 bytes",
     .check = check_message_id,
     .help = "Where a message holds the id that its sender gave it, so that a message that a "
             "device sends again, with QoS 1 or 2, is still one document, through whichever "
             "broker.",
     .consequence =
         "Without it each resend, with QoS 2 as with QoS 1, becomes a document of its own, as "
         "Mosquitto does not tell a plugin which message is one. "
         "The id is a string of up to 256 bytes, in a payload also a whole number; of several user "
         "properties with the name the first one counts. A device gives each message an id that it "
         "never gives to another, and sends a message again with the same id and content: a random "
         "UUID for each message, or a counter behind a random text that is made at each start. A "
         "counter alone that begins anew gives old ids to new messages: those become dead letters "
         "(`id_conflict`), or count as `duplicates` where the content is the same. The document's "
         "`_id` is made of the id, the payload's `uuid`, and the user name, else the client id, "
         "which the device must keep; it does not rise with time, so sort by `date` (an index "
         "on it helps). A message without an id, or with an empty one, becomes a document of its "
         "own. An id that is too long or of another type makes its message a dead letter "
         "(`message_id_too_long`, `message_id_unusable`)."},

    {.key = "batch_max_documents",
     .group = kDelivery,
     .kind = OptionKind::kInteger,
     .field = &Config::batch_max_documents,
     .default_text = "1000",
     .min = 1,
     .max = 10000,
     .unit = "documents",
     .help = "A batch is sent when it holds this many documents."},
    {.key = "batch_max_bytes",
     .group = kDelivery,
     .kind = OptionKind::kSize,
     .field = &Config::batch_max_bytes,
     .default_text = "4MiB",
     .min = 64 * kKiB,
     .max = 32 * kMiB,
     .unit = "bytes",
     .help = "A batch is sent before it grows over this size.",
     .consequence = "May not be less than `payload_max_bytes`. Each delivery thread holds one "
                    "batch in memory."},
    {.key = "batch_linger_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::batch_linger_ms,
     .default_text = "5",
     .min = 0,
     .max = 10000,
     .unit = "milliseconds",
     .help = "How long after a batch that was not full the next one is read, so that it fills.",
     .consequence = "0 sends what there is at once. It delays documents, never an acknowledgement; "
                    "what comes after a pause is sent at once."},
    {.key = "delivery_threads",
     .group = kDelivery,
     .kind = OptionKind::kInteger,
     .field = &Config::delivery_threads,
     .default_text = "2",
     .min = 1,
     .max = 16,
     .unit = "threads",
     .help = "How many batches are sent at the same time."},
    {.key = "retry_min_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::retry_min_ms,
     .default_text = "100",
     .min = 10,
     .max = 60000,
     .unit = "milliseconds",
     .help = "The pause before a batch that failed is tried again for the first time.",
     .consequence = "Each further pause is longer, and random, up to `retry_max_ms`. A batch is "
                    "tried for as long as it takes."},
    {.key = "retry_max_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::retry_max_ms,
     .default_text = "10000",
     .min = 10,
     .max = 600000,
     .unit = "milliseconds",
     .help = "The longest pause between two tries.",
     .consequence = "May not be less than `retry_min_ms`. Delivery begins again at most this long "
                    "after MongoDB has come back."},
    {.key = "shutdown_drain_ms",
     .group = kDelivery,
     .kind = OptionKind::kMilliseconds,
     .field = &Config::shutdown_drain_ms,
     .default_text = "5000",
     .min = 0,
     .max = 600000,
     .unit = "milliseconds",
     .help = "How long a broker that stops may still deliver.",
     .consequence = "The rest waits in the journal for the next start. Keep it well under the "
                    "time after which your service manager kills (systemd 90 s, Docker 10 s)."},

    {.key = "journal_dir",
     .group = kJournal,
     .kind = OptionKind::kFolder,
     .field = &Config::journal_dir,
     .default_text = "/var/lib/mosquitto/mongo-store",
     .max = kPathBytesMax,
     .accepted = "an absolute path",
     .check = check_absolute_path,
     .help = "The folder of the journals, one a broker, numbered; made with mode 0700 if absent.",
     .consequence = "Acknowledged messages live here until MongoDB has them: put it on a local "
                    "disk that outlives the process and the container. The broker's user must be "
                    "able to write to it. A network file system is refused. Several brokers can "
                    "share it: each takes a journal of its own."},
    {.key = "journal_sync",
     .group = kJournal,
     .kind = OptionKind::kInterval,
     .field = &Config::journal_sync_ms,
     .default_text = "100ms",
     .min = 10,
     .max = 60000,
     .word = "always",
     .help = "When the journal is synchronised with the disk: before each acknowledgement "
             "(`always`), or each time this interval has passed.",
     .consequence = "An acknowledged message survives a crash or kill of the broker in either "
                    "case. Power loss takes at most the last interval and one synchronisation; "
                    "with `always` it takes none, but then each message waits for the disk on the "
                    "broker's thread, and the rate falls to what the disk can synchronise."},
    {.key = "journal_max_bytes",
     .group = kJournal,
     .kind = OptionKind::kSize,
     .field = &Config::journal_max_bytes,
     .default_text = "1GiB",
     .min = 16 * kMiB,
     .max = kTiB,
     .unit = "bytes",
     .help = "The most that this broker's journal may take on the disk, with what was set aside "
             "from damage.",
     .consequence = "It decides how long MongoDB may be away. Above 70 % of it QoS 0 is passed on "
                    "but not kept. At the bound, QoS 1 and 2 are refused: the device's connection "
                    "closes and it sends again later (MQTT 5 on Mosquitto 2.1 is told so "
                    "instead). Closing a connection publishes the device's will."},
};

}  // namespace

std::span<const Option> all_options() { return kOptions; }

}  // namespace mongo_store::config
