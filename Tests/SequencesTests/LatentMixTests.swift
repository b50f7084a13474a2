import NeuralFields
import Sequences
import Testing

@Suite("Latent mix") struct LatentMixTests {
  private static let names = ["a", "a-b", "b", "kenney_taxi", "van+trailer", "0.5"]

  private static func mix(_ parts: [(LatentMix.Source, Float)]) -> LatentMix {
    LatentMix(parts: parts.map { LatentMix.Part(source: $0.0, weight: $0.1) })
  }

  private static let texts: [(String, LatentMix)] = [
    ("a", mix([(.scene("a"), 1)])),
    ("mean", mix([(.mean, 1)])),
    ("x/y.latent.safetensors", mix([(.file("x/y.latent.safetensors"), 1)])),
    ("a*0.3+b*0.7", mix([(.scene("a"), 0.3), (.scene("b"), 0.7)])),
    ("0.25 * a + 0.75*b", mix([(.scene("a"), 0.25), (.scene("b"), 0.75)])),
    ("a - b", mix([(.scene("a"), 1), (.scene("b"), -1)])),
    ("a-b", mix([(.scene("a-b"), 1)])),
    ("a-b-a", mix([(.scene("a-b"), 1), (.scene("a"), -1)])),
    ("-a+mean*2", mix([(.scene("a"), -1), (.mean, 2)])),
    ("van+trailer*1e-1+b", mix([(.scene("van+trailer"), 0.1), (.scene("b"), 1)])),
    ("b+b*0.5", mix([(.scene("b"), 1.5)])),
    (
      "0.25*x-1.latent.safetensors+b",
      mix([(.file("x-1.latent.safetensors"), 0.25), (.scene("b"), 1)])
    ),
    (
      "x.latent.safetensors@2*0.5+a",
      mix([(.row(2, ofFile: "x.latent.safetensors"), 0.5), (.scene("a"), 1)])
    ),
    ("0.5*0.5", mix([(.scene("0.5"), 0.5)])),
    ("a-a", mix([(.scene("a"), 0)])),
  ]

  @Test("a text is read as the sum it says", arguments: texts)
  func reading(text: String, expected: LatentMix) throws {
    #expect(try LatentMix(parsing: text, names: Self.names) == expected)
  }

  @Test("a mix's text is read as the mix", arguments: texts.map(\.1))
  func roundTrip(mix: LatentMix) throws {
    #expect(try LatentMix(parsing: mix.text, names: Self.names) == mix)
  }

  @Test("a moment of a file that moves is a mix of its rows") func moments() {
    let path = LatentTrajectory(
      scene: "x", curve: .spline, firstRow: 0, rowCount: 4, loops: true)
    let mix = Self.mix([(.file("x"), 0.5), (.scene("a"), 0.5)])
    #expect(
      mix.moment(at: 0.25, of: [path])
        == Self.mix([(.row(1, ofFile: "x"), 0.5), (.scene("a"), 0.5)]))
    #expect(mix.moment(at: 0.3, of: [path]).parts.count == 5)
    #expect(mix.moment(at: 0.3, of: []) == mix)
  }

  @Test("a mean is a scene where the model has one of that name") func sceneCalledMean() throws {
    #expect(try LatentMix(parsing: "mean", names: ["mean"]) == LatentMix(.scene("mean")))
  }

  @Test(
    "a text that is no sum of scenes is refused",
    arguments: [
      ("", "found its end, expected a scene"), ("a+", "found its end, expected a scene"),
      ("a*", "found its end, expected a number after *"),
      ("a*x", "found “x”, expected a number after *"),
      ("a b", "found “b”, expected +, - or * after a scene"),
      ("a*1e9", "found weight 1e+09, expected at most 100 up or down"),
      (
        "kenny_taxi",
        "found no scene named kenny_taxi, expected one of the model's 6: "
          + "is kenney_taxi meant?"
      ),
      ("a+nothing", "found no scene named nothing, expected one of the model's 6"),
    ])
  func malformed(text: String, message: String) {
    let error = #expect(throws: LatentMixError.self) {
      try LatentMix(parsing: text, names: Self.names)
    }
    #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
  }

  @Test("truncation to one leaves a mix, and to nothing leaves the mean") func truncation() {
    let mix = LatentMix(.scene("a"))
    #expect(mix.truncated(to: 1) == mix)
    #expect(mix.truncated(to: 0) == LatentMix(.mean))
    #expect(mix.truncated(to: 0.75) == Self.mix([(.scene("a"), 0.75), (.mean, 0.25)]))
  }
}
