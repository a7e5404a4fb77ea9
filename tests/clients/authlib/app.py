"""Authlib's Flask client, as its documentation has it: `register` with the metadata's address, and what is default."""

import os
from wsgiref.simple_server import make_server

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, redirect, session

app = Flask(__name__)
app.secret_key = "a secret of this application only"
oauth = OAuth(app)
oauth.register(
    name="portcullis",
    server_metadata_url=f"{os.environ['ISSUER']}/.well-known/openid-configuration",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={"scope": "openid email profile offline_access"},
)
ROOT = os.environ["ROOT"]
tokens = {}


@app.route("/login")
def login():
    return oauth.portcullis.authorize_redirect(f"{ROOT}/callback")


@app.route("/callback")
def callback():
    token = oauth.portcullis.authorize_access_token()
    tokens.update(token)
    session["user"] = token["userinfo"]
    return redirect("/")


@app.route("/")
def home():
    info = oauth.portcullis.userinfo(token=tokens)
    return jsonify(user=session["user"], info=info)


@app.route("/refresh")
def refresh():
    metadata = oauth.portcullis.load_server_metadata()
    with oauth.portcullis._get_oauth_client(**metadata) as client:
        renewed = client.refresh_token(metadata["token_endpoint"], refresh_token=tokens["refresh_token"])
    return jsonify(sub=oauth.portcullis.parse_id_token(renewed, nonce=None)["sub"])


server = make_server("127.0.0.1", int(ROOT.rsplit(":", 1)[1]), app)
print("listening", flush=True)
server.serve_forever()
