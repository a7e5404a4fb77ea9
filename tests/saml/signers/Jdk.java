// Signs with the JDK's own javax.xml.crypto.dsig (Apache Santuario's code): reads lines of JSON-free text from its standard
// input, `algorithm \t digest \t key file \t prefix \t id \t base64 of the XML`, and answers base64 of the signed XML for each.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.xml.crypto.dsig.*;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.*;
import javax.xml.crypto.dsig.spec.*;
import javax.xml.parsers.*;
import javax.xml.transform.*;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.*;

class Jdk {
    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            var part = line.split("\t");
            var xml = new String(Base64.getDecoder().decode(part[5]), StandardCharsets.UTF_8);
            var signed = sign(xml, part[0], part[1], Path.of(part[2]), part[3], part[4]);
            System.out.println(Base64.getEncoder().encodeToString(signed.getBytes(StandardCharsets.UTF_8)));
        }
    }

    static String sign(String xml, String algorithm, String digest, Path key, String prefix, String id) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        var document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
        Element target = null;
        Node before = null;
        var all = document.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            var element = (Element) all.item(i);
            if (element.hasAttribute("ID")) element.setIdAttribute("ID", true);
            if (element.getAttribute("ID").equals(id)) target = element;
            if (before == null && target != null && element.getParentNode() == target && element.getLocalName().equals("Issuer")) before = element.getNextSibling();
        }
        var signatures = XMLSignatureFactory.getInstance("DOM");
        var exclusive = signatures.newTransform(CanonicalizationMethod.EXCLUSIVE, new ExcC14NParameterSpec(List.of("xs", "xsi")));
        var enveloped = signatures.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null);
        var reference = signatures.newReference("#" + id, signatures.newDigestMethod(digest, null), List.of(enveloped, exclusive), null, null);
        var info = signatures.newSignedInfo(signatures.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
            signatures.newSignatureMethod(algorithm, null), List.of(reference));
        var name = key.toString().replace(".key", ".crt");
        var certificate = CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(Path.of(name)));
        var kif = signatures.getKeyInfoFactory();
        var keyInfo = kif.newKeyInfo(List.of(kif.newX509Data(List.of(((X509Certificate) certificate).getSubjectX500Principal().getName(), certificate))));
        var pem = Files.readString(key).replaceAll("-----[A-Z ]+-----|\\s", "");
        var kind = key.getFileName().toString().contains("-ec") ? "EC" : "RSA";
        var privateKey = KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        var context = new DOMSignContext(privateKey, target, before);
        if (!prefix.isEmpty()) context.setDefaultNamespacePrefix(prefix);
        signatures.newXMLSignature(info, keyInfo).sign(context);
        var out = new StringWriter();
        var transformer = TransformerFactory.newInstance().newTransformer();
        transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
        transformer.transform(new DOMSource(document), new StreamResult(out));
        return out.toString();
    }
}
