import { useState } from 'react';
import './gallery.css';

interface Props {
  title: string;
  /** The address of the gallery; that of a state is below it. */
  base: string;
  names: readonly string[];
}

const widths = { phone: 390, desktop: 1366 };

/** The list of all states, and the one chosen, in a window of its own: as wide as a phone, or as a desktop. */
export function Rail({ title, base, names }: Props) {
  const [shown, show] = useState(names[0] ?? '');
  const [width, setWidth] = useState<keyof typeof widths>('desktop');
  return (
    <div className="gallery">
      <nav aria-label={title}>
        <h1>{title}</h1>
        <p>
          {(Object.keys(widths) as (keyof typeof widths)[]).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === width}
              onClick={() => setWidth(name)}
            >
              {name}
            </button>
          ))}
        </p>
        <ul>
          {names.map((name) => (
            <li key={name}>
              <a
                href={`${base}/${name}`}
                aria-current={name === shown}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey) return; // in a tab of its own
                  event.preventDefault();
                  show(name);
                }}
              >
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <iframe title={shown} src={`${base}/${shown}`} style={{ inlineSize: widths[width] }} />
    </div>
  );
}
