using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Hexagram.Server.Telemetry;

/// <summary>
/// What a server's meter says at this moment, as the text that Prometheus reads (exposition format 0.0.4). Names and units become what OpenTelemetry's exporter
/// makes of them, which is still a beta: dots become underscores, the unit and <c>total</c> come behind.
/// </summary>
internal sealed class MetricsText(IMeterFactory meters)
{
    /// <summary>The media type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Reads the meter.</summary>
    public string Read()
    {
        var lines = new SortedDictionary<string, (string Head, List<string> Samples)>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, reader) =>
        {
            // A process may hold other servers, and others' meters.
            if (instrument.Meter.Name == ServerMeter.Name && instrument.Meter.Scope == meters)
            {
                reader.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = NameOf(instrument);
            if (!lines.TryGetValue(name, out var metric))
            {
                lines.Add(name, metric = ($"# HELP {name} {Escape(instrument.Description ?? "", quoted: false)}\n# TYPE {name} {TypeOf(instrument)}\n", []));
            }

            metric.Samples.Add($"{name}{Labels(tags)} {value.ToString(CultureInfo.InvariantCulture)}\n");
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return string.Concat(lines.Values.SelectMany(metric => metric.Samples.Order(StringComparer.Ordinal).Prepend(metric.Head)));
    }

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "By" ? "_bytes" : "");
        return TypeOf(instrument) == "counter" ? $"{name}_total" : name;
    }

    private static string TypeOf(Instrument instrument) => instrument is ObservableCounter<long> ? "counter" : "gauge";

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            labels.Append(labels.Length == 0 ? '{' : ',').Append(name.Replace('.', '_')).Append("=\"").Append(Escape($"{value}", quoted: true)).Append('"');
        }

        return labels.Length == 0 ? "" : labels.Append('}').ToString();
    }

    private static string Escape(string text, bool quoted)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quoted ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
