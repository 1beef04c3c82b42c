# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
"""A gateway process as people write it: python_gateway.py HOST PORT MONGO_URI DATABASE
COLLECTION"""

import datetime
import json
import socket
import sys

import paho.mqtt.client as paho
import pymongo


def main():
    host, port, uri, database, collection = sys.argv[1:]
    documents = pymongo.MongoClient(uri)[database][collection]

    def on_connect(client, *_):
        client.subscribe("device/#", 1)

    def on_message(_client, _userdata, message):
        reading = json.loads(message.payload)
        documents.insert_one({
            "date": datetime.datetime.now(datetime.timezone.utc),
            "deviceUID": reading["uuid"],
            "value": reading["value"],
            "gatewayID": socket.gethostname(),
        })

    if hasattr(paho, "CallbackAPIVersion"):  # paho 2 and later
        client = paho.Client(paho.CallbackAPIVersion.VERSION1)
    else:
        client = paho.Client()
    client.on_connect = on_connect
    client.on_message = on_message
    client.connect(host, int(port))
    client.loop_forever()


if __name__ == "__main__":
    main()
