import NeuralFields
import Sequences
import Testing
import VolumeRendering

@Suite("Picture settings") struct PictureSettingsTests {
  private static let settings = PictureSettings(
    program: "hypermarch 0.1.0",
    model: PictureSettings.Model(path: "a/b.safetensors", fingerprint: "0123456789abcdef"),
    mix: LatentMix(parts: [
      LatentMix.Part(source: .scene("äuto"), weight: 0.1),
      LatentMix.Part(source: .mean, weight: -1e-7),
    ]), library: nil,
    camera: Camera(
      orbitAzimuth: 1.1, elevation: 0.3, distance: 3.3, horizontalFieldOfView: 0.77, width: 30,
      height: 20), shows: "picture", background: [0.1, 1, 0], samplesPerDiagonal: 160,
    termination: 3e-3, gridResolution: 128, precision: "float32", seed: .max)

  @Test("settings are read back to the last bit") func roundTrip() throws {
    let text = Self.settings.text
    #expect(!text.contains("\n"))
    let read = try PictureSettings(text: text, path: "p.png")
    #expect(read == Self.settings)
    #expect(read.camera.camera == Self.settings.camera.camera)
    #expect(read.mix == Self.settings.mix)
    #expect(read.text == text)
  }

  @Test("a whole field's picture says nothing of its width, and a narrower one's is read back")
  func fieldWidth() throws {
    #expect(!Self.settings.text.contains("field_width"))
    var settings = Self.settings
    settings.fieldWidth = 16
    #expect(settings.text.contains("\"field_width\":16"))
    #expect(try PictureSettings(text: settings.text, path: "p.png") == settings)
  }

  @Test(
    "settings that make no picture are refused, with the key",
    arguments: [
      ("\"schema\":1", "\"schema\":2", "schema"), ("\"width\":30", "\"width\":0", "camera"),
      ("\"width\":30", "\"width\":30,\"width\":31", ""), ("\"right\":[", "\"right\":[9,", "camera"),
      ("\"shows\":\"picture\"", "\"shows\":\"all\"", "shows"),
      ("\"samples_per_diagonal\":160", "\"samples_per_diagonal\":0", "samples_per_diagonal"),
      ("\"precision\":\"float32\"", "\"precision\":\"float8\"", "precision"),
      ("\"mean\":true,", "", "latent"), ("{", "[", ""),
      ("\"weight\":0.1", "\"weight\":1e9", "latent"),
      ("\"grid_resolution\":128", "\"grid_resolution\":\"128\"", ""),
      ("\"background\":[0.1,1,0]", "\"background\":[0.1,1]", "background"),
      ("\"schema\":1", "\"schema\":1,\"field_width\":0", "field_width"),
      ("\"schema\":1", "\"schema\":1,\"field_width\":257", "field_width"),
      ("\"schema\":1", "\"schema\":1,\"field_width\":\"16\"", ""),
    ])
  func malformed(text: String, replacement: String, key: String) throws {
    try #require(Self.settings.text.contains(text), "\(Self.settings.text)")
    let changed = Self.settings.text.replacing(text, with: replacement)
    let error = #expect(throws: PictureSettingsError.self) {
      try PictureSettings(text: changed, path: "p.png")
    }
    guard case .invalid("p.png", key, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
