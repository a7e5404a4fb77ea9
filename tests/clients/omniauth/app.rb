# OmniAuth with omniauth_openid_connect, configured as GitLab's "OpenID Connect provider" page has it: discovery, a
# nonce, `client_auth_method: 'query'` (the secret in the body), no PKCE. Debian has it as ruby-omniauth-openid-connect.
require 'json'
require 'omniauth'
require 'omniauth_openid_connect'
require 'rack'
require 'webrick'
require 'rack/handler/webrick'

root = ENV.fetch('ROOT')
issuer = ENV.fetch('ISSUER')
# The gem asks for metadata over https alone; on this machine the gateway has http.
[SWD, WebFinger].each { |one| one.url_builder = URI::HTTP } if issuer.start_with?('http:')
OmniAuth.config.request_validation_phase = nil
OmniAuth.config.logger = Logger.new($stderr)

app = Rack::Builder.new do
  use Rack::Session::Cookie, secret: 'a secret of this application only, which is long enough for the cookie of a session'
  use OmniAuth::Builder do
    provider :openid_connect,
             name: 'openid_connect', scope: %w[openid profile email], response_type: 'code', issuer: issuer, discovery: true,
             client_auth_method: ENV.fetch('CLIENT_AUTH_METHOD'), uid_field: 'sub', send_scope_to_token_endpoint: false,
             post_logout_redirect_uri: "#{root}/bye",
             client_options: {
               identifier: ENV.fetch('CLIENT_ID'), secret: ENV.fetch('CLIENT_SECRET'),
               redirect_uri: "#{root}/auth/openid_connect/callback"
             }
  end
  run(lambda do |env|
    case env['PATH_INFO']
    when '/' then [200, { 'content-type' => 'text/html' }, ['<form method="post" action="/auth/openid_connect"><button>Sign in</button></form>']]
    when '/auth/openid_connect/callback'
      auth = env['omniauth.auth']
      [200, { 'content-type' => 'application/json' }, [JSON.generate(uid: auth.uid, email: auth.info.email, name: auth.info.name, id_token: auth.credentials.id_token)]]
    else [200, { 'content-type' => 'text/plain' }, [env['PATH_INFO'] + ' ' + env['QUERY_STRING']]]
    end
  end)
end

quiet = WEBrick::Log.new($stderr, WEBrick::Log::WARN)
Rack::Handler::WEBrick.run(app, Host: '127.0.0.1', Port: root[/\d+\z/].to_i, Logger: quiet, AccessLog: [], StartCallback: -> { $stdout.puts 'listening'; $stdout.flush })
