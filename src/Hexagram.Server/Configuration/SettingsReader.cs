using System.Globalization;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Hexagram.Server.Configuration;

/// <summary>
/// Reads configuration into a tree of option records: a setting is called as its property, with a colon between record and property.
/// What is not there keeps its default; what is there and cannot be meant is a fault, a name that does not exist among them.
/// </summary>
public sealed class SettingsReader
{
    private readonly List<string> _faults = [];
    private string _root = "";

    /// <summary>Everything that is wrong, one sentence each.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The settings of a record and of the records in it, with their defaults, in the order of declaration.</summary>
    /// <param name="record">The record with its default values.</param>
    /// <param name="except">Names that are no settings.</param>
    public static IEnumerable<Setting> Describe(object record, IReadOnlySet<string> except) => Describe(record, "", except);

    /// <summary><paramref name="defaults"/> with what <paramref name="section"/> says otherwise.</summary>
    /// <param name="section">Where the settings are.</param>
    /// <param name="defaults">What holds where it says nothing.</param>
    /// <param name="except">Names that are no settings; with a colon at its end, the name of a part that somebody else reads.</param>
    public T Read<T>(IConfiguration section, T defaults, IReadOnlySet<string> except)
        where T : class
    {
        // Faults are named as whoever wrote them finds them: from the root of the configuration.
        _root = section is IConfigurationSection { Path: var path } ? $"{path}:" : "";
        return (T)Read(section, defaults, "", except);
    }

    private static IEnumerable<Setting> Describe(object record, string prefix, IReadOnlySet<string> except)
    {
        foreach (var (owner, property) in Fields(record))
        {
            var path = prefix + property.Name;
            if (except.Contains(path))
            {
                continue;
            }

            var value = property.GetValue(owner);
            if (IsRecord(property.PropertyType))
            {
                foreach (var inner in Describe(value!, $"{path}:", except))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return new Setting(path, property, Format(value));
            }
        }
    }

    private object Read(IConfiguration section, object defaults, string prefix, IReadOnlySet<string> except)
    {
        var copy = Clone(defaults);
        var fields = Fields(copy).Where(field => !except.Contains(prefix + field.Property.Name)).ToList();
        foreach (var child in section.GetChildren().Where(child => !except.Contains($"{prefix}{child.Key}:")))
        {
            var path = prefix + child.Key;
            var (owner, property) = fields.Find(field => string.Equals(field.Property.Name, child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                _faults.Add($"There is no setting {_root}{path}; docs/configuration.md lists them.");
            }
            else if (IsRecord(property.PropertyType))
            {
                property.SetValue(owner, Read(child, property.GetValue(owner)!, $"{path}:", except));
            }
            else if (TryParse(property, child.Value ?? "", out var value, out var form))
            {
                property.SetValue(owner, value);
            }
            else
            {
                _faults.Add($"{_root}{path} is '{child.Value}'; {form}.");
            }
        }

        return copy;
    }

    /// <summary>The properties of a record, and in place of one that is <see cref="InlineAttribute"/> those of the record in it, which is copied.</summary>
    private static IEnumerable<(object Owner, PropertyInfo Property)> Fields(object record)
    {
        foreach (var property in record.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null))
        {
            if (!property.IsDefined(typeof(InlineAttribute)))
            {
                yield return (record, property);
                continue;
            }

            var inner = Clone(property.GetValue(record)!);
            property.SetValue(record, inner);
            foreach (var field in Fields(inner))
            {
                yield return field;
            }
        }
    }

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;

    private static object Clone(object record) => record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;

    private static bool TryParse(PropertyInfo property, string text, out object? value, out string form)
    {
        var type = property.PropertyType;
        value = null;
        form = "";
        if (type == typeof(string))
        {
            value = text == ListenAddress.None && new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable ? null : text;
            return true;
        }

        if (type == typeof(IPEndPoint))
        {
            var isHttp = property.Name == "Http";
            form = isHttp ? ListenAddress.HttpForm : ListenAddress.TcpForm;
            var valid = isHttp ? ListenAddress.TryParseHttp(text, out var endpoint) : ListenAddress.TryParseTcp(text, out endpoint);
            value = endpoint;
            return valid;
        }

        if (type == typeof(TimeSpan))
        {
            form = Duration.Form;
            var valid = Duration.TryParse(text, out var duration);
            value = duration;
            return valid;
        }

        if (type.IsEnum)
        {
            form = $"it should be one of {string.Join(", ", Enum.GetNames(type))}";
            return Enum.TryParse(type, text, ignoreCase: true, out value) && Enum.IsDefined(type, value!);
        }

        if (type == typeof(bool))
        {
            form = "it should be true or false";
            var valid = bool.TryParse(text, out var flag);
            value = flag;
            return valid;
        }

        form = "it should be a whole number";
        var number = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole);
        if (type == typeof(int))
        {
            value = (int)Math.Clamp(whole, int.MinValue, int.MaxValue);
            return number && whole is >= int.MinValue and <= int.MaxValue;
        }

        value = whole;
        return number && type == typeof(long);
    }

    private static string Format(object? value) => value switch
    {
        null => ListenAddress.None,
        TimeSpan length => Duration.Format(length),
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}

/// <summary>One setting.</summary>
/// <param name="Path">Its name in configuration, such as <c>Listen:Tcp</c>.</param>
/// <param name="Property">The property that it sets.</param>
/// <param name="Default">Its default, written as it would be set.</param>
public sealed record Setting(string Path, PropertyInfo Property, string Default);

/// <summary>The settings of this record stand beside the others, without a name of their own in front.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InlineAttribute : Attribute;
