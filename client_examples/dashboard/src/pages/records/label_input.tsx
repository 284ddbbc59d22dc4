// A filter of which several values may be chosen: those that there are come as suggestions.
import { X } from "lucide-react";
import { useId, useState } from "react";

interface Props {
  name: string;
  known: string[];
  values: string[];
  change: (values: string[]) => void;
}

export function LabelInput({ name, known, values, change }: Props) {
  const id = useId();
  const [typed, setTyped] = useState("");

  function add(value: string) {
    if (value && !values.includes(value)) change([...values, value]);
    setTyped("");
  }

  return (
    <div className="label-input">
      {values.map((value) => (
        <button
          key={value}
          className="chip chosen"
          aria-label={`${name} ${value}: remove`}
          onClick={() => change(values.filter((other) => other !== value))}
        >
          <span className="dim">{name}</span> {value} <X size={12} aria-hidden />
        </button>
      ))}
      <input
        aria-label={`Filter by ${name}`}
        placeholder={name}
        list={id}
        value={typed}
        onChange={({ target, nativeEvent }) => {
          // a suggestion that was chosen comes whole, without a key
          const whole = !(nativeEvent instanceof InputEvent) || nativeEvent.inputType === "insertReplacementText";
          if (whole && known.includes(target.value)) add(target.value);
          else setTyped(target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") add(typed.trim());
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Backspace" && typed === "" && values.length > 0) change(values.slice(0, -1));
        }}
        onBlur={() => known.includes(typed.trim()) && add(typed.trim())}
      />
      <datalist id={id}>
        {known
          .filter((value) => !values.includes(value))
          .map((value) => (
            <option key={value} value={value} />
          ))}
      </datalist>
    </div>
  );
}
