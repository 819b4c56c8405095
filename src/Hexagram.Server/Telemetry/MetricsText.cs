using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Hexagram.Server.Telemetry;

/// <summary>
/// What a server's meters say at this moment, as the text that Prometheus reads (exposition format 0.0.4): its own, and its store's. Names and units become what
/// OpenTelemetry's exporter makes of them, which is still a beta: dots become underscores, the unit and <c>total</c> come behind.
/// </summary>
/// <remarks>Histograms are gathered from the moment of its making on; all else is asked for when somebody reads.</remarks>
internal sealed class MetricsText : IDisposable
{
    /// <summary>The media type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly IMeterFactory _meters;
    private readonly MeterListener _recording = new();
    private readonly ConcurrentDictionary<Instrument, Distribution> _distributions = new();

    public MetricsText(IMeterFactory meters)
    {
        _meters = meters;
        _recording.InstrumentPublished = (instrument, reader) =>
        {
            if (IsOurs(instrument) && Distribution.Of(instrument) is { } distribution)
            {
                _distributions[instrument] = distribution;
                reader.EnableMeasurementEvents(instrument, distribution);
            }
        };
        _recording.SetMeasurementEventCallback<double>(static (_, value, _, distribution) => ((Distribution)distribution!).Record(value));
        _recording.SetMeasurementEventCallback<long>(static (_, value, _, distribution) => ((Distribution)distribution!).Record(value));
        _recording.Start();
    }

    /// <inheritdoc/>
    public void Dispose() => _recording.Dispose();

    /// <summary>Reads the meters.</summary>
    public string Read()
    {
        var lines = new SortedDictionary<string, (string Head, List<string> Samples)>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, reader) =>
        {
            if (instrument.IsObservable && IsOurs(instrument))
            {
                reader.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = NameOf(instrument);
            if (!lines.TryGetValue(name, out var metric))
            {
                lines.Add(name, metric = (Head(instrument), []));
            }

            metric.Samples.Add($"{name}{Labels(tags)} {value.ToString(CultureInfo.InvariantCulture)}\n");
        });
        listener.Start();
        listener.RecordObservableInstruments();
        foreach (var metric in lines.Values)
        {
            metric.Samples.Sort(StringComparer.Ordinal);
        }

        foreach (var (instrument, distribution) in _distributions)
        {
            lines[NameOf(instrument)] = (Head(instrument), [.. distribution.Lines(NameOf(instrument))]);
        }

        return string.Concat(lines.Values.SelectMany(metric => metric.Samples.Prepend(metric.Head)));
    }

    /// <summary>A process may hold other servers, and others' meters.</summary>
    private bool IsOurs(Instrument instrument) => instrument.Meter.Scope == _meters && instrument.Meter.Name.StartsWith("Hexagram.", StringComparison.Ordinal);

    private static string Head(Instrument instrument)
    {
        var name = NameOf(instrument);
        return $"# HELP {name} {Escape(instrument.Description ?? "", quoted: false)}\n# TYPE {name} {TypeOf(instrument)}\n";
    }

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + instrument.Unit switch { "By" => "_bytes", "s" => "_seconds", _ => "" };
        return TypeOf(instrument) == "counter" ? $"{name}_total" : name;
    }

    private static string TypeOf(Instrument instrument) => instrument switch
    {
        ObservableCounter<long> => "counter",
        Histogram<long> or Histogram<double> => "histogram",
        _ => "gauge",
    };

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
