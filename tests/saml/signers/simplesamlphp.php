<?php
// Signs as SimpleSAMLphp does: its library builds the messages (Debian: simplesamlphp, php-xml).
require '/usr/share/simplesamlphp/vendor/autoload.php';

use RobRichards\XMLSecLibs\XMLSecurityKey;
use SAML2\Assertion;
use SAML2\Compat\ContainerSingleton;
use SAML2\Compat\MockContainer;
use SAML2\Constants;
use SAML2\HTTPRedirect;
use SAML2\LogoutRequest;
use SAML2\LogoutResponse;
use SAML2\Response;
use SAML2\XML\saml\Issuer;
use SAML2\XML\saml\NameID;
use SAML2\XML\saml\SubjectConfirmation;
use SAML2\XML\saml\SubjectConfirmationData;

class Container extends \SAML2\Compat\AbstractContainer
{
    public function getLogger(): \Psr\Log\LoggerInterface { return new \Psr\Log\NullLogger(); }
    public function generateId(): string { return '_' . bin2hex(random_bytes(16)); }
    public function debugMessage($message, string $type): void {}
    public function redirect(string $url, array $data = []): void {}
    public function postRedirect(string $url, array $data = []): void {}
    public function getTempDir(): string { return sys_get_temp_dir(); }
    public function writeFile(string $filename, string $data, int $mode = null): void {}
}
ContainerSingleton::setContainer(new Container());

const BASE = 'https://auth.example/tenant/acme/sso/okta';
const SP = ['entityId' => BASE . '/metadata', 'acs' => BASE . '/acs', 'slo' => BASE . '/slo'];
const ISSUER = 'https://idp.example/simplesamlphp';
const KEYS = __DIR__ . '/../keys';

function signingKey(string $algorithm): XMLSecurityKey
{
    $key = new XMLSecurityKey($algorithm, ['type' => 'private']);
    $key->loadKey(KEYS . '/idp.key', true);
    return $key;
}

function line(string $name, string $kind, string $message, array $expect, ?string $inResponseTo, string $binding = 'post'): void
{
    echo json_encode([
        'name' => "simplesamlphp: $name", 'signer' => 'simplesamlphp', 'class' => 'valid', 'kind' => $kind, 'binding' => $binding, 'sp' => SP,
        'idp' => ['entityId' => ISSUER, 'certificates' => [file_get_contents(KEYS . '/idp.crt')]],
        'options' => ['allowSha1' => false, 'idpInitiated' => $kind === 'response' && $inResponseTo === null],
        'inResponseTo' => $inResponseTo, 'now' => gmdate('Y-m-d\TH:i:s\Z', time() + 1), 'used' => [], 'message' => $message, 'expect' => $expect,
    ], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
}

function issuer(): Issuer
{
    $issuer = new Issuer();
    $issuer->setValue(ISSUER);
    return $issuer;
}

function nameId(string $value, string $format): NameID
{
    $id = new NameID();
    $id->setValue($value);
    $id->setFormat($format);
    return $id;
}

function response(string $value, string $format, array $attributes, ?string $inResponseTo, string $algorithm, bool $signResponse, bool $signAssertion): string
{
    $certificate = [file_get_contents(KEYS . '/idp.crt')];
    $assertion = new Assertion();
    $assertion->setIssuer(issuer());
    $assertion->setNameId(nameId($value, $format));
    $assertion->setNotBefore(time() - 30);
    $assertion->setNotOnOrAfter(time() + 300);
    $assertion->setSessionNotOnOrAfter(time() + 8 * 3600);
    $assertion->setAuthnInstant(time());
    $assertion->setSessionIndex('_session-ssp');
    $assertion->setAuthnContextClassRef(Constants::AC_PASSWORD);
    $assertion->setValidAudiences([SP['entityId']]);
    $assertion->setAttributes($attributes);
    $assertion->setAttributeNameFormat(Constants::NAMEFORMAT_BASIC);
    $data = new SubjectConfirmationData();
    $data->setNotOnOrAfter(time() + 300);
    $data->setRecipient(SP['acs']);
    if ($inResponseTo !== null) $data->setInResponseTo($inResponseTo);
    $confirmation = new SubjectConfirmation();
    $confirmation->setMethod(Constants::CM_BEARER);
    $confirmation->setSubjectConfirmationData($data);
    $assertion->setSubjectConfirmation([$confirmation]);
    if ($signAssertion) {
        $assertion->setSignatureKey(signingKey($algorithm));
        $assertion->setCertificates($certificate);
    }
    $response = new Response();
    $response->setIssuer(issuer());
    $response->setDestination(SP['acs']);
    if ($inResponseTo !== null) $response->setInResponseTo($inResponseTo);
    $response->setStatus(['Code' => Constants::STATUS_SUCCESS]);
    $response->setAssertions([$assertion]);
    if ($signResponse) {
        $response->setSignatureKey(signingKey($algorithm));
        $response->setCertificates($certificate);
        $element = $response->toSignedXML();
    } else {
        $element = $response->toUnsignedXML();
    }
    return $element->ownerDocument->saveXML($element);
}

$plain = ['uid' => ['ada'], 'mail' => ['ada@acme.example'], 'eduPersonAffiliation' => ['member', 'staff'], 'cn' => ['Ada “Łucja” Lovelace & Söhne']];
$cases = [
    ['both, RSA-SHA256', 'ada@acme.example', Constants::NAMEID_EMAIL_ADDRESS, $plain, '_request-1', XMLSecurityKey::RSA_SHA256, true, true],
    ['assertion, RSA-SHA512', '_9f86d081884c7d65', Constants::NAMEID_TRANSIENT, $plain, '_request-2', XMLSecurityKey::RSA_SHA512, false, true],
    ['response, RSA-SHA384', '_9f86d081884c7d65', Constants::NAMEID_PERSISTENT, $plain, '_request-3', XMLSecurityKey::RSA_SHA384, true, false],
    ['unsolicited', 'ada@acme.example', Constants::NAMEID_EMAIL_ADDRESS, ['mail' => ['ada@acme.example']], null, XMLSecurityKey::RSA_SHA256, true, true],
];
foreach ($cases as [$name, $value, $format, $attributes, $asked, $algorithm, $signResponse, $signAssertion]) {
    $xml = response($value, $format, $attributes, $asked, $algorithm, $signResponse, $signAssertion);
    line($name, 'response', $xml, ['nameId' => $value, 'sessionIndex' => '_session-ssp', 'attributes' => $attributes], $asked);
}

$request = new LogoutRequest();
$request->setIssuer(issuer());
$request->setDestination(SP['slo']);
$request->setNameId(nameId('ada@acme.example', Constants::NAMEID_EMAIL_ADDRESS));
$request->setSessionIndex('_session-ssp');
$request->setNotOnOrAfter(time() + 300);
$expect = ['nameId' => 'ada@acme.example', 'sessionIndex' => '_session-ssp', 'attributes' => new stdClass()];
$request->setSignatureKey(signingKey(XMLSecurityKey::RSA_SHA256));
$request->setRelayState('https://idp.example/state?a=b&c=d');
$url = (new HTTPRedirect())->getRedirectURL($request);
line('logout request, redirect', 'logoutRequest', explode('?', $url, 2)[1], $expect, null, 'redirect');
$request->setCertificates([file_get_contents(KEYS . '/idp.crt')]);
$element = $request->toSignedXML();
line('logout request, post', 'logoutRequest', $element->ownerDocument->saveXML($element), $expect, null);

$answer = new LogoutResponse();
$answer->setIssuer(issuer());
$answer->setDestination(SP['slo']);
$answer->setInResponseTo('_logout-1');
$answer->setStatus(['Code' => Constants::STATUS_SUCCESS]);
$answer->setSignatureKey(signingKey(XMLSecurityKey::RSA_SHA256));
$url = (new HTTPRedirect())->getRedirectURL($answer);
$expect = ['nameId' => null, 'sessionIndex' => null, 'attributes' => new stdClass()];
line('logout response, redirect', 'logoutResponse', explode('?', $url, 2)[1], $expect, '_logout-1', 'redirect');
